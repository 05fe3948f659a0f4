/** A person's orders, a tab at a time, newest first; what happens to one changes its row and no other. */

import { ref, shallowRef } from 'vue'
import { wordsOf } from './asking'
import type { Half } from './sides'
import type { OrderCard, OrderPage } from '@/api/types'

export type Group = '' | 'unpaid' | 'waiting' | 'serving' | 'done' | 'cancelled'

export function useOrderList(half: Half) {
  const group = ref<Group>('')
  const rows = shallowRef<OrderCard[]>([])
  const before = ref<number | null>(null)
  const loaded = ref(false)
  const busy = ref(false)
  const problem = ref('')
  let unfollow: (() => void) | null = null
  let readings = 0

  /** From the top; the rows that are there stay until the new ones come. */
  async function refresh(): Promise<void> {
    await read(null)
  }

  async function more(): Promise<void> {
    if (before.value !== null && !busy.value) await read(before.value)
  }

  function show(wanted: Group): void {
    if (wanted === group.value && loaded.value) return
    group.value = wanted
    rows.value = []
    loaded.value = false
    void refresh()
  }

  function stop(): void {
    unfollow?.()
    unfollow = null
  }

  async function read(from: number | null): Promise<void> {
    const mine = ++readings
    busy.value = true
    try {
      const page = await half.http.get<OrderPage>('/api/orders', { group: group.value, before: from })
      if (mine !== readings) return
      rows.value = from === null ? page.items : [...rows.value, ...page.items]
      before.value = page.next_before
      problem.value = ''
      loaded.value = true
      if (page.stream && !unfollow) unfollow = half.hub.follow(page.stream, { onEvent: heard, onLost: () => void refresh() })
    } catch (error) {
      if (mine === readings) problem.value = wordsOf(error)
    } finally {
      if (mine === readings) busy.value = false
    }
  }

  function heard({ type, data }: { type: string; data: unknown }): void {
    if (!type.startsWith('order.')) return
    const { order } = data as { order: OrderCard }
    const place = rows.value.findIndex((one) => one.id === order.id)
    const known = rows.value[place]
    // It may have come to this tab, or left it.
    if (!known || known.phase !== order.phase) void refresh()
    else if (order.version > known.version) rows.value = rows.value.map((one) => (one.id === order.id ? order : one))
  }

  return { group, rows, before, loaded, busy, problem, refresh, more, show, stop }
}
