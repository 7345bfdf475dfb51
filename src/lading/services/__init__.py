"""Services: what serves, in which Image, and how it is started and watched."""

from lading.services.commands import command_of, kind_with, needed_by
from lading.services.declaring import Service, service, service_of, services_in_words, services_of
from lading.services.functions import function_of
from lading.services.imaging import PYTHONPATH, SOURCES, Code, image_of
from lading.services.kinds import Served, kind_called, kind_of, start_of

__all__ = [
    "PYTHONPATH",
    "SOURCES",
    "Code",
    "Served",
    "Service",
    "command_of",
    "function_of",
    "image_of",
    "kind_called",
    "kind_of",
    "kind_with",
    "needed_by",
    "service",
    "service_of",
    "services_in_words",
    "services_of",
    "start_of",
]
