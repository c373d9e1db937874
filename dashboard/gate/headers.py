"""What every answer says to the browser about itself."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()",
}
HSTS = "max-age=31536000"


def policy(script_hashes: Sequence[str]) -> str:
    """The content security policy: everything is ours, inline scripts only where their hash is Dash's own."""
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *script_hashes)),
            "style-src 'self' 'unsafe-inline'",  # Mantine and plotly write their styles into the page
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


def put_on(response: Response, script_policy: str, *, is_static: bool, is_secure: bool) -> None:
    """Set the headers of one answer. What is not a file of the program itself is kept by no browser."""
    response.headers["Content-Security-Policy"] = script_policy
    response.headers.update(FIXED)
    if not is_static:
        response.headers["Cache-Control"] = "no-store"
    if is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
