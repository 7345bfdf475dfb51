"""A URL with credentials in a command is refused, and no ordinary command is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.command_credentials import refuse_credentials
from lading.grammar.invalid import Invalid

ORDINARY = r"""
curl -fsSL https://host.test/install.sh | sh
curl -fsSL "https://host.test:8443/a@b/c?arch=$(uname -m)&email=a@b.test" -o /tmp/x
curl http://localhost:8080/health
curl http://localhost:$PORT/a@b
curl "http://${HOST}:${PORT:-80}/v1/models@2"
curl -u "ci:$TOKEN" https://host.test/x
curl -H "Authorization: Bearer $HF_TOKEN" https://host.test/x
curl -H "Authorization: Bearer $(cat /run/secrets/TOKEN)" https://host.test/x
curl -H 'Authorization: Bearer '"$TOKEN" https://host.test/x
grep -qi 'authorization: bearer <token>' README
curl "https://host.test/x?token=$TOKEN&a=1"
curl "https://host.test/x?token=${TOKEN}"
curl "https://host.test/x?token="$(cat /run/secrets/TOKEN)
curl http://[::1]:80/@
git clone git@host.test:org/repo.git
git clone ssh://git@host.test/org/repo.git
git clone ssh://git@host.test:2222/org/repo.git
git clone https://$TOKEN@host.test/org/repo.git
git clone https://${TOKEN}@host.test/org/repo.git
git clone https://ci:$TOKEN@host.test/org/repo.git
git clone https://$TOKEN:@host.test/org/repo.git
git clone https://$TOKEN:x-oauth-basic@host.test/org/repo.git
git clone "https://ci:"$TOKEN"@host.test/org/repo.git"
git clone 'https://ci:'"$TOKEN"'@host.test/org/repo.git'
git clone https://oauth2:$(cat /run/secrets/TOKEN)@host.test/org/repo.git
git clone https://oauth2:`cat /run/secrets/TOKEN`@host.test/org/repo.git
git clone https://$GIT_USER:$GIT_PASSWORD@host.test/org/repo.git
git config --global url."https://ci:${TOKEN}@host.test/".insteadOf "https://host.test/"
git config --global url."https://host.test/".insteadOf git@host.test:
git config --global url."ssh://git@host.test/".insteadOf https://host.test/
printf 'https://%s:%s@host.test\n' "$A" "$B" > ~/.git-credentials
pip install x@https://host.test/x-1.0-py3-none-any.whl
pip install "x @ git+https://host.test/x.git@v1.0#egg=x&subdirectory=y"
pip install git+ssh://git@host.test/x.git@main
pip install --index-url https://host.test:8443/simple/ six
npm install -g a@https://host.test/a.tgz b@1.0 @scope/c
skopeo copy docker://host.test:5000/a/b:tag@sha256:0123456789abcdef oci:/x
oras pull host.test:5000/a@sha256:0123456789abcdef
awk -F: '{print $1 "://" $2 "@" $3}' /etc/passwd
awk '{ sub("://[^@]*@", "://"); print }' x
sed 's#://#@#' x
sed -i 's|http://|https://|g; s|a@b|c|' /etc/apt/sources.list
sed -E 's#https://([^@]+)@#https://#' x
sed -E "s#(https?)://[^/@]+@#\1://#" x
sed 's#https://.*@#https://#' x
perl -pe 's{https://\S+@}{https://}' x
python -c 'print(f"https://{user}:{password}@host.test")'
cat > x <<'END'
echo admin@host.test > /etc/maintainer; echo mailto:a@b.test
export TOKEN=$(cat /run/secrets/TOKEN);key=5 make
cd /opt&&pass=1 ./configure # https://host.test/docs
server --db postgresql://app@db.test/app --cache redis://cache.test:6379/0
server --db "postgresql+psycopg://app:$PASSWORD@db.test/app"
aws s3 cp s3://bucket/key@1 .
rsync -a rsync://user@host.test/x .
test "$(id -u)" = 0 || echo 'no://thing'
""".strip().splitlines()

WITH_CREDENTIALS = r"""
git clone https://ghp_0123456789@host.test/a/b
git clone https://ghp_0123456789:@host.test/a/b
git clone https://ghp_0123456789:x-oauth-basic@host.test/a/b
git clone https://$USER:hunter2@host.test/a/b
git clone "https://ci:hunter2@host.test/a/b"
git clone ssh://git:hunter2@host.test/a/b
pip install git+https://hunter2@host.test/a/b
pip install -i https://ci:hunter2@host.test/simple six
curl https://u:p/w@host.test/x
curl https://u:%40pw@host.test/x
curl "https://host.test/x?a=1&token=hunter2"
curl -x http://u:pw@proxy.test:3128 https://host.test
curl https://host.test/x -o y && curl HTTPS://u:pw@host.test/y
curl -H "Authorization: Bearer abcdef0123456789" https://host.test/x
curl -H 'authorization: Basic dTpwdw==' https://host.test/x
server --url=https://u:pw@host.test
server --db=postgresql://app:pw@db.test/app
server --db=postgresql://db.test/app?password=pw
echo https://u:pa$$word@host.test
curl https://u:$A-and-more@host.test
""".strip().splitlines()


@pytest.mark.parametrize("text", [*ORDINARY, "\n".join(ORDINARY)])
def test_an_ordinary_command_is_taken(text: str) -> None:
    refuse_credentials(text, hint="")


@pytest.mark.parametrize("text", WITH_CREDENTIALS)
def test_a_url_with_credentials_is_refused_and_not_shown(text: str) -> None:
    for command in (text, f"set -eu\n{text}\n", f"a $(b) && {text} | c"):
        with pytest.raises(Invalid) as caught:
            refuse_credentials(command, hint="so it goes")
        assert caught.value.message == "the command has credentials in it"
        assert caught.value.hint == "so it goes"


@given(
    before=st.text(max_size=10),
    user=st.text("aB1-_.~!*,;=+", max_size=8),
    password=st.text("aB1-_.~!*,;=+:", min_size=1, max_size=8),
    after=st.text(max_size=10),
)
def test_a_password_is_found_wherever_the_url_stands(
    before: str, user: str, password: str, after: str
) -> None:
    before = "".join(char for char in before if char not in "`${(\"'\\%")
    with pytest.raises(Invalid):
        refuse_credentials(f"{before} https://{user}:{password}x@host.test/ {after}", hint="")


@pytest.mark.parametrize("part", ["https://", "$(", "`", "${", "https://a:", "a", "://@", "'$A'"])
def test_no_text_takes_long(part: str) -> None:
    start = time.process_time()
    refuse_credentials(part * 20_000, hint="")
    assert time.process_time() - start < 2
