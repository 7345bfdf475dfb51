"""A server of the older kind."""

from flask import Flask

app = Flask(__name__)
