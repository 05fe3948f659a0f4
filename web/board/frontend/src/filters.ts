/**
 * What the dispatcher wants to see, kept in the address so that it can be reloaded and sent to a colleague. In the fragment,
 * which browsers do not send: a worker's name typed into the search field must not end up in a server's log.
 */

import { isLate } from '@/deadlines'
import { askedWorkers } from '@/offers'
import type { OrderCard } from '@/protocol'

export interface Filters {
  district: string
  service: number | null
  text: string
  late: boolean
}

export const NO_FILTERS: Filters = { district: '', service: null, text: '', late: false }

export interface Place extends Filters {
  /** The selected order, so that a link opens it. */
  order: number | null
}

export function readPlace(fragment: string): Place {
  const values = new URLSearchParams(fragment.replace(/^#/, ''))
  return {
    district: values.get('district') ?? '',
    service: number(values.get('service')),
    text: values.get('q') ?? '',
    late: values.get('late') === '1',
    order: number(values.get('order')),
  }
}

export function writePlace(place: Place): string {
  const values = new URLSearchParams()
  if (place.district) values.set('district', place.district)
  if (place.service !== null) values.set('service', String(place.service))
  if (place.text) values.set('q', place.text)
  if (place.late) values.set('late', '1')
  if (place.order !== null) values.set('order', String(place.order))
  const text = values.toString()
  return text ? `#${text}` : ''
}

export function isFiltering(filters: Filters): boolean {
  return filters.district !== '' || filters.service !== null || filters.text.trim() !== '' || filters.late
}

export function matches(order: OrderCard, filters: Filters, now: number): boolean {
  if (filters.district && order.district !== filters.district) return false
  if (filters.service !== null && order.service.id !== filters.service) return false
  if (filters.late && !isLate(order, now)) return false
  return matchesText(order, filters.text)
}

function matchesText(order: OrderCard, text: string): boolean {
  const wanted = text.trim().toLowerCase()
  // "#41" is that order and no other; "41" is whatever has it in its number.
  if (/^#\d+$/.test(wanted)) return order.id === Number(wanted.slice(1))
  if (!wanted || wanted === '#') return true
  const names = [order.worker?.name, ...askedWorkers(order)]
  return String(order.id).includes(wanted) || names.some((name) => name?.toLowerCase().includes(wanted))
}

function number(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}
