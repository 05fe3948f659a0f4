import pytest, collections
from tests.web.board.busy_day import BusyDay
from tests.web.board.reducer import Board
from tests.web.board.test_snapshot_and_events import snapshot, EVERYTHING
from tests.web.people import CITY, make_staff
@pytest.mark.django_db
@pytest.mark.parametrize("seed", list(range(1,9))+[1])
def test_seed(seed):
    day = BusyDay(seed); staff = make_staff(city=CITY); page = Board.of(snapshot(staff)); heard=set()
    for n in range(192):
        day.act()
        heard |= set(page.hear())
        if n%6==0: assert page == Board.of(snapshot(staff)), day.done
    print(seed, sorted(EVERYTHING-heard), collections.Counter(day.done).most_common(40))
