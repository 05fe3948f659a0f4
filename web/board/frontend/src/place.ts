/** Filters and selection, shared by lanes, map and detail, and mirrored in the address. */

import { reactive, shallowRef, watch, type ShallowRef } from 'vue'
import type { Spot } from '@/eta'
import { NO_FILTERS, readPlace, writePlace, type Filters } from '@/filters'

export class BoardPlace {
  readonly filters: Filters
  readonly order: ShallowRef<number | null>
  readonly worker: ShallowRef<number | null> = shallowRef(null)
  /** The candidates that are being looked at, worker → place in the ranking: the map numbers them. */
  readonly ranked: ShallowRef<ReadonlyMap<number, number>> = shallowRef(new Map())

  /** A place that somebody wants to see on the map. */
  readonly spot: ShallowRef<(Spot & { label: string }) | null> = shallowRef(null)

  constructor() {
    const { order, ...filters } = readPlace(window.location.hash)
    this.filters = reactive(filters)
    this.order = shallowRef(order)
  }

  start(): void {
    watch([this.filters, this.order], () => this.write())
    window.addEventListener('hashchange', () => this.read())
  }

  selectOrder(id: number | null): void {
    this.order.value = id
    this.worker.value = null
  }

  selectWorker(id: number | null): void {
    this.worker.value = id
    this.order.value = null
  }

  clearFilters(): void {
    Object.assign(this.filters, NO_FILTERS)
  }

  private read(): void {
    const { order, ...filters } = readPlace(window.location.hash)
    Object.assign(this.filters, filters)
    if (order !== this.order.value) this.selectOrder(order)
  }

  private write(): void {
    const fragment = writePlace({ ...this.filters, order: this.order.value })
    const { pathname, search, hash } = window.location
    if (fragment !== hash) window.history.replaceState(null, '', `${pathname}${search}${fragment}`)
  }
}
