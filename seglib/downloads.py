"""One file from a server into a folder, verified.

Some servers send their own certificate without the one that signed it, that of Kvasir-SEG among
them. Browsers fetch what is missing from the address in the certificate (authority information
access, RFC 5280, section 4.2.2.1). Python does not and gives up, so we do it for Python. The chain
is verified up to a root that was trusted before; nothing is ever downloaded unverified.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pooch
from requests import certs, exceptions
from tqdm.auto import tqdm


def fetch(url: str, folder: Path, name: str, size: int, sha256: str | None = None) -> Path:
    """Download ``url`` as ``<folder>/<name>``, with a bar; ``size`` in bytes may be a guess.

    Raises ``OSError`` if the server cannot be reached or trusted, and ``ValueError`` if the file
    has another checksum than ``sha256``; without one only the connection is verified.
    """
    try:
        return _retrieve(url, folder, name, size, sha256)
    except exceptions.SSLError as failure:
        with _completed(url, failure) as chain:
            return _retrieve(url, folder, name, size, sha256, chain)


def _retrieve(
    url: str, folder: Path, name: str, size: int, sha256: str | None, trusted: str | bool = True
) -> Path:
    """Download with pooch; ``trusted`` is a file of root certificates, or the usual ones."""
    pooch.get_logger().setLevel("WARNING")
    with tqdm(desc=name, total=size, unit="B", unit_scale=True, leave=False) as bar:
        kept = pooch.retrieve(
            url,
            known_hash=sha256 and f"sha256:{sha256}",
            fname=name,
            path=folder,
            downloader=pooch.HTTPDownloader(progressbar=bar, verify=trusted),
        )
    return Path(kept)


@contextmanager
def _completed(url: str, failure: Exception) -> Iterator[str]:
    """File with the certificates above the server's own; raises `failure` if it stays untrusted."""
    from aia_chaser import AiaChaser  # imported here: most servers do without
    from aia_chaser.exceptions import AiaChaserError
    from aia_chaser.utils.cert_utils import temp_pem_file

    # This context only asks for the certificate; the chaser verifies against the roots in it.
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    asking.load_verify_locations(os.environ.get("REQUESTS_CA_BUNDLE") or certs.where())
    try:
        chain = AiaChaser(asking).fetch_ca_chain_for_url(url)
    except (AiaChaserError, OSError) as untrusted:
        raise failure from untrusted
    with temp_pem_file(chain) as path:
        yield str(path)
