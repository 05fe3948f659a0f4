/** The page's own reducer over what the server really said. tests/web/board/page.py tells it, and compares. */

import type { BoardEvent, Snapshot } from '@/protocol'
import { type BoardState, fromSnapshot, hasGap, reduce } from '@/state'
import { inHand } from '@/workers'

/** What one page was given. `fresh`: a snapshot that was taken after the round's events. */
export interface Story {
  snapshot: Snapshot
  rounds: { events: BoardEvent[]; fresh: Snapshot }[]
}

type Hands = [worker: number, order: number][]

export interface Compared {
  fresh: unknown
  /** The page's states after the round: its events at once, one by one, and once more with all that came before. */
  pages: unknown[]
}

export function replay({ snapshot, rounds }: Story): Compared[] {
  let [together, singly, again] = [fromSnapshot(snapshot), fromSnapshot(snapshot), fromSnapshot(snapshot)]
  const heard: BoardEvent[] = []
  return rounds.map(({ events, fresh }) => {
    if (hasGap(together, events)) throw new Error(`an event is missing after offset ${together.offset}`)
    heard.push(...events)
    together = reduce(together, events)
    singly = events.reduce((state, event) => reduce(state, [event]), singly)
    again = reduce(reduce(again, heard), events)
    const hands: Hands = fresh.workers.flatMap(({ id, order }) => (order === null ? [] : [[id, order]]))
    return { fresh: shown(fromSnapshot(fresh), hands), pages: [together, singly, again].map(shownPage) }
  })
}

function shownPage(state: BoardState): unknown {
  return shown(state, [...inHand(state.orders.values())].map(([worker, { id }]) => [worker, id]))
}

/** As JSON: maps remember the order of insertion, which nobody sees. */
function shown(state: BoardState, hands: Hands): unknown {
  const { orders, workers, alarms } = state
  return { ...state, orders: sorted(orders), workers: sorted(workers), alarms: sorted(alarms), in_hand: sorted(hands) }
}

function sorted(rows: Iterable<[number, unknown]>): unknown[] {
  return [...rows].sort(([a], [b]) => a - b)
}
