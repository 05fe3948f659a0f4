"""What the demo's people photograph: a room, drawn by chance, small and without anybody in it."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

SIZE = (800, 600)
WALLS = ("#e8e2d4", "#dfe7e4", "#e9dfe2", "#dde3ec")
FLOORS = ("#a98a63", "#8d7b68", "#b79b77", "#94a0a8")
THINGS = ("#6b7f8c", "#8a5a44", "#4f6b57", "#7a6a8e")


def photograph(dice: Random) -> bytes:
    """A JPEG."""
    image = Image.new("RGB", SIZE, dice.choice(WALLS))
    draw = ImageDraw.Draw(image)
    horizon = dice.randint(330, 420)
    draw.rectangle((0, horizon, *SIZE), fill=dice.choice(FLOORS))
    draw.rectangle((560, 60, 740, 240), fill="#f7fbff", outline="#ffffff", width=8)
    for _ in range(dice.randint(2, 4)):
        left, width, height = dice.randint(20, 560), dice.randint(80, 200), dice.randint(90, 220)
        draw.rectangle((left, horizon + 40 - height, left + width, horizon + 40), fill=dice.choice(THINGS))
    x, y = dice.randint(150, 550), dice.randint(horizon + 60, 540)
    draw.ellipse((x, y, x + dice.randint(60, 180), y + dice.randint(20, 50)), fill=dice.choice(("#7fa3b8", "#5d5148")))
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
