/**
 * What comes next, if all that waits to be sent is done: a worker without a network goes on. It is offered, not claimed: the
 * page says of each step that it waits.
 */

import type { OrderDetail } from '@/api/types'

type Record = OrderDetail['records'][number]

export interface Ahead {
  action: 'depart' | 'arrive' | 'start' | 'tick' | 'finish' | null
  /** Of a tick: which. */
  record: Record | null
}

const ACTIONS = ['start', 'depart', 'arrive', 'tick', 'finish'] as const

export function ahead(detail: OrderDetail, queued: string[]): Ahead {
  const done = new Set(detail.records.filter((one) => one.done_at).map((one) => one.position))
  let action: Ahead['action'] = ACTIONS.find((one) => detail.allowed_actions.includes(one)) ?? null
  for (const path of queued) {
    if (path === 'depart') action = 'arrive'
    else if (path === 'arrive') action = 'start'
    else if (path === 'start') action = 'tick'
    else if (path === 'finish') action = null
    else done.add(Number(path.replace('steps/', '')))
  }
  const record = detail.records.find((one) => !done.has(one.position)) ?? null
  if (action === 'tick' && !record) action = 'finish'
  return { action, record: action === 'tick' ? record : null }
}
