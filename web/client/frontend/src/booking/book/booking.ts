/** Booking: what is asked of the server as the draft changes, and the one request that places the order. */

import { computed, ref, watch } from 'vue'
import { useAsking } from '@/app/asking'
import { customer } from '@/app/sides'
import { Refusal } from '@/net/http'
import { newKey } from '@/net/keys'
import { useCity } from '@/stores/city'
import { useDraft } from '@/stores/draft'
import type { AddressCard, DaySlots, OrderDetail, OrderRequest, Quote, ServiceDetail, WorkerQuotes } from '@/api/types'

/** A finger that goes through options asks once. */
const PAUSE_MS = 200

export function useBooking() {
  const http = customer().http
  const place = useCity()
  const store = useDraft()
  const draft = store.draft
  const id = ref(0)

  const service = useAsking(async () => {
    const found = await http.get<ServiceDetail>(`/api/services/${id.value}`)
    store.open(found)
    return found
  })
  const addresses = useAsking(() => http.get<AddressCard[]>('/api/addresses'))
  const address = computed(() => addresses.value.value?.find((one) => one.id === draft.address_id) ?? null)

  /** Before there is an address of his: the middle of the city that he looks at. */
  const spot = computed(() => (place.city ? { city: place.city.code, lng: place.city.lng, lat: place.city.lat } : null))
  const wish = computed(() => ({
    service_id: id.value,
    ...(address.value ? { address_id: address.value.id } : { spot: spot.value }),
    answers: draft.answers,
    add_ons: Object.entries(draft.add_ons)
      .filter(([, quantity]) => quantity > 0)
      .map(([item_id, quantity]) => ({ item_id: Number(item_id), quantity })),
  }))

  const quote = useAsking(async () => {
    const body = { ...wish.value, starts_at: draft.starts_at, worker_id: draft.worker_id }
    const open = await http.post<Quote>('/api/quotes', { ...body, coupon_id: draft.coupon_id || null })
    const best = open.best_coupon_id
    return draft.coupon_id === null && best ? http.post<Quote>('/api/quotes', { ...body, coupon_id: best }) : open
  })
  const coupon_id = computed(() => (draft.coupon_id === null ? (quote.value.value?.best_coupon_id ?? null) : draft.coupon_id || null))

  const slots = useAsking(() =>
    http.get<DaySlots>(`/api/services/${id.value}/slots`, {
      ...(address.value ? { address_id: address.value.id } : spot.value),
      day: draft.day,
      duration_s: quote.value.value?.duration_s,
      worker_id: draft.worker_id,
    }),
  )
  const workers = useAsking(() =>
    http.post<WorkerQuotes>('/api/quotes/workers', { ...wish.value, starts_at: draft.starts_at, coupon_id: coupon_id.value }),
  )

  let pause: ReturnType<typeof setTimeout>
  watch(
    () => JSON.stringify([wish.value, draft.starts_at, draft.worker_id, draft.coupon_id]),
    () => {
      clearTimeout(pause)
      if (service.value.value) pause = setTimeout(() => void quote.ask(), PAUSE_MS)
    },
  )
  // How long it takes, where, whom: each has other times.
  watch(
    () => JSON.stringify([address.value?.id, spot.value, draft.day, quote.value.value?.duration_s, draft.worker_id]),
    () => quote.value.value && draft.day && void readSlots(),
  )

  async function readSlots(): Promise<void> {
    await slots.ask()
    const offered = slots.value.value?.slots.map((one) => one.starts_at) ?? []
    if (draft.starts_at && slots.value.value?.day === draft.day && !offered.includes(draft.starts_at)) draft.starts_at = null
  }

  /** Made at the first tap and kept until the order is there: a second tap is the same order. */
  let key = ''
  let keyed = ''

  /** Raises Refusal or Offline. */
  async function placeOrder(): Promise<OrderDetail> {
    const priced = quote.value.value
    if (!priced || !address.value || !draft.starts_at) throw new Refusal(0, 'incomplete', '请先选择地址和时间')
    const body: OrderRequest = {
      service_id: id.value,
      address_id: address.value.id,
      answers: wish.value.answers,
      add_ons: wish.value.add_ons,
      ...(service.value.value ? { version: service.value.value.version } : {}),
      starts_at: draft.starts_at,
      worker_id: draft.worker_id,
      quoted_fen: priced.total_fen,
      request: draft.request,
      coupon_id: coupon_id.value,
      points: 0,
    }
    const text = JSON.stringify(body)
    if (text !== keyed) [key, keyed] = [newKey(), text]
    const order = await http.post<OrderDetail>('/api/orders', body, key)
    store.clear()
    return order
  }

  return { id, service, addresses, address, draft, quote, coupon_id, slots, workers, placeOrder }
}
