"""What a worker's rating begins with."""

import hub
from web.workforce.models import Worker


def open_rating(*, worker_id: int, rating_sum: int, rating_count: int) -> bool:
    """Brings the scores that a worker earned before he came here; whether they were taken.

    Only where he has none yet: a second import, or a seed run again, leaves what his customers say here alone.
    rating_sum: of `rating_count` scores of one to five. Raises ValueError for an impossible sum.
    """
    if not rating_count <= rating_sum <= 5 * rating_count:
        raise ValueError(f"{rating_count} scores of one to five cannot sum to {rating_sum}")
    with hub.atomic():
        without = Worker.objects.filter(pk=worker_id, rating_count=0)
        return bool(without.update(rating_sum=rating_sum, rating_count=rating_count))
