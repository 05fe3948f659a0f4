"""How far and how long from here to there.

`Router.leg` answers at once, from what is known or by the policy's own estimate; `ask` has the vendors asked, which
nobody does inside of a transaction or of a ranking (`web.scheduling.ways` brings the two together).
"""

from web.scheduling.routing.places import Cell, Leg, Place, cell_of, centre_of, straight_line_m
from web.scheduling.routing.router import Known, Router, Said, hour_of

__all__ = ["Cell", "Known", "Leg", "Place", "Router", "Said", "cell_of", "centre_of", "hour_of", "straight_line_m"]
