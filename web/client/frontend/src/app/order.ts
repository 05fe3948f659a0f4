/** One order, live. */

import { computed, shallowRef, type ComputedRef, type ShallowRef } from 'vue'
import { Kept } from '@/live/kept'
import type { Half } from './sides'
import type { OrderCard, OrderDetail } from '@/api/types'

export interface LiveOrder {
  kept: ShallowRef<Kept<OrderDetail> | null>
  detail: ComputedRef<OrderDetail | null>
  order: ComputedRef<OrderCard | null>
  /** What may be done with it now. */
  may: ComputedRef<Set<string>>
  open(id: number): void
  close(): void
}

export function useOrder(half: Half): LiveOrder {
  const kept = shallowRef<Kept<OrderDetail> | null>(null)
  const detail = computed(() => kept.value?.value.value ?? null)
  const order = computed(() => detail.value?.order ?? null)
  const may = computed(() => new Set(detail.value?.allowed_actions ?? []))

  function open(id: number): void {
    kept.value?.stop()
    kept.value = new Kept<OrderDetail>(half.hub, {
      read: () => half.http.get<OrderDetail>(`/api/orders/${id}`),
      stream: (detail) => detail.stream,
      apply: (detail, event) => {
        const card = (event.data as { order?: OrderCard }).order
        return card && card.version > detail.order.version ? { ...detail, order: card } : detail
      },
    })
    void kept.value.load()
  }

  return { kept, detail, order, may, open, close: () => kept.value?.stop() }
}
