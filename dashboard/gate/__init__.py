"""The one way in: who asks, whether their role may, and that a browser asks of its own pages' accord.

Everything is closed that is not opened here. A page names what it needs (`routes.Page.needs`), a callback is registered
through `callback`, an address of its own through `route`: without a permission the program does not start.
`acting()` is who does it.
"""

from dashboard.gate.person import acting, person, token
from dashboard.gate.register import callback, route

__all__ = ["acting", "callback", "person", "route", "token"]
