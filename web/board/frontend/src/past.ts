/** An order as it was: which of its events is looked at, and what the server says the order was after it. */

import { computed, type ComputedRef, onScopeDispose, type Ref, ref, shallowRef, type ShallowRef, watch } from 'vue'
import type { Http } from '@/http'
import { useLoaded } from '@/loading'
import type { OrderAt, TimelineEntry } from '@/orderDetail'

/** Each answer leaves a trace at the server: what is only dragged past is not asked for. */
const SETTLED_MS = 150

export interface Past {
  /** The event after which the order is shown; null: live. */
  entry: ComputedRef<TimelineEntry | null>
  /** The newest answer; while the next one comes, still the one before. Null: live, or nothing yet. */
  order: ShallowRef<OrderAt | null>
  problem: Ref<string>
  /** To the order after that event; after the newest one that is live, too. */
  show: (version: number) => void
  live: () => void
}

export function usePast(id: () => number, timeline: () => TimelineEntry[], http: Http): Past {
  const version = ref<number | null>(null)
  const entry = computed(() => timeline().find((one) => one.version === version.value) ?? null)
  const asked = ref<TimelineEntry | null>(null)
  const order: ShallowRef<OrderAt | null> = shallowRef(null)
  // The past stays as it was: what is known need not be asked again, or leave another trace.
  const known = new Map<string, OrderAt>()

  const loaded = useLoaded(
    () => (asked.value === null ? '' : `/api/orders/${id()}/at?time=${encodeURIComponent(asked.value.at)}`),
    async (address, signal) => {
      const got = known.get(address) ?? (await http.get<OrderAt>(address, { signal })).body
      known.set(address, got)
      return got
    },
  )
  watch(loaded.value, (got) => got && entry.value && (order.value = got))

  let settling = 0
  watch(entry, (now) => {
    window.clearTimeout(settling)
    if (now === null) asked.value = order.value = null
    else settling = window.setTimeout(() => (asked.value = now), SETTLED_MS)
  })
  watch(id, () => {
    version.value = null
    known.clear()
  })
  onScopeDispose(() => window.clearTimeout(settling))

  function show(wanted: number): void {
    version.value = wanted === timeline().at(-1)?.version ? null : wanted
  }
  return { entry, order, problem: loaded.problem, show, live: () => (version.value = null) }
}
