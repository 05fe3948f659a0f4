/** The map of a city: ground, orders, workers, and the line between the selected order and its worker. */

import L from 'leaflet'
import { isLate, dueText } from '@/deadlines'
import type { Spot } from '@/eta'
import { drawGround } from '@/map/ground'
import { type Sign, SignLayer } from '@/map/signs'
import { PHASE_NAMES } from '@/phases'
import type { OrderCard, Position } from '@/protocol'
import { timeText } from '@/times'
import { DOING, type WorkerRow } from '@/workers'

/** Everything that decides how the map looks; compared by nothing, drawn whenever one part changed. */
export interface Scene {
  orders: OrderCard[]
  workers: WorkerRow[]
  positions: ReadonlyMap<number, Position>
  order: number | null
  worker: number | null
  /** Candidates of the selected order: worker → place in the ranking. */
  ranked: ReadonlyMap<number, number>
  /** A place beside all these, with its words. */
  spot: (Spot & { label: string }) | null
  now: number
}

const MADE_PER_FRAME = 60

export class CityMap {
  private readonly map: L.Map
  private readonly orders: SignLayer
  private readonly workers: SignLayer
  private readonly spots: SignLayer
  private readonly route: L.Polyline
  private readonly way: L.Polyline
  private fitted = false

  constructor(
    element: HTMLElement,
    center: { lng: number; lat: number },
    onOrder: (id: number) => void,
    onWorker: (id: number) => void,
  ) {
    this.map = L.map(element, { attributionControl: false, zoomControl: false, zoomSnap: 0.5, zoomAnimation: false, minZoom: 8, maxZoom: 16 })
    this.map.setView([center.lat, center.lng], 11)
    L.control.zoom({ position: 'topright', zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(this.map)
    L.control.scale({ imperial: false, position: 'bottomright' }).addTo(this.map)
    const zoomed = (): void => void element.classList.toggle('far', this.map.getZoom() < 12)
    this.map.on('zoomend', zoomed)
    zoomed()
    this.route = L.polyline([], { color: '#17566f', weight: 2, dashArray: '5 5', interactive: false }).addTo(this.map)
    this.way = L.polyline([], { color: '#b3261e', weight: 2, dashArray: '2 5', interactive: false }).addTo(this.map)
    this.orders = new SignLayer(this.map, 'map-order', 14, onOrder)
    this.workers = new SignLayer(this.map, 'map-worker', 20, onWorker)
    this.spots = new SignLayer(this.map, 'map-spot', 20, () => undefined)
  }

  ground(address: string): Promise<boolean> {
    return drawGround(this.map, address)
  }

  /** Draws the scene. True when there is more than one frame should make: call again in the next. */
  draw(scene: Scene): boolean {
    if (!this.fitted && scene.orders.length + scene.positions.size > 0) this.fit(scene)
    const waiting =
      this.orders.show(orderSigns(scene), MADE_PER_FRAME) + this.workers.show(workerSigns(scene), MADE_PER_FRAME)
    this.spots.show(spotSigns(scene), 1)
    this.drawRoute(scene)
    return waiting > 0
  }

  /** True when somebody moved who is not drawn: he may have been seen for the first time, and only `draw` makes signs. */
  move(moved: ReadonlyMap<number, Position>): boolean {
    let stranger = false
    for (const [id, { lat, lng }] of moved) if (!this.workers.move(id, lat, lng)) stranger = true
    return stranger
  }

  /** Brings a place into view if it is not; never moves the map under a dispatcher's hand without need. */
  reveal({ lng, lat }: { lng: number; lat: number }): void {
    // Below, the legend is in the way.
    this.map.panInside([lat, lng], { paddingTopLeft: [60, 50], paddingBottomRight: [60, 80], animate: true })
  }

  fit(scene: Scene): void {
    this.fitted = true
    const places = [...scene.orders, ...scene.positions.values()]
    const lngs = places.map((place) => place.lng).sort((a, b) => a - b)
    const lats = places.map((place) => place.lat).sort((a, b) => a - b)
    // Without the outermost few: one order at the county's edge must not make the city small.
    const edge = (values: number[], share: number): number => values[Math.round(share * (values.length - 1))] ?? 0
    const box = L.latLngBounds([edge(lats, 0.03), edge(lngs, 0.03)], [edge(lats, 0.97), edge(lngs, 0.97)])
    if (places.length > 0) this.map.fitBounds(box, { padding: [36, 30], maxZoom: 14, animate: false })
  }

  resized(): void {
    this.map.invalidateSize({ pan: false })
  }

  remove(): void {
    this.map.remove()
  }

  private drawRoute(scene: Scene): void {
    const order = scene.orders.find(({ id }) => id === scene.order)
    const from = order && scene.positions.get((order.worker ?? order.offer?.worker)?.id ?? 0)
    this.route.setLatLngs(order && from ? [[from.lat, from.lng], [order.lat, order.lng]] : [])
    const { spot } = scene
    this.way.setLatLngs(order && spot ? [[spot.lat, spot.lng], [order.lat, order.lng]] : [])
  }
}

function orderSigns({ orders, order: selected, worker, now }: Scene): Map<number, Sign> {
  const signs = orders.map((order): [number, Sign] => {
    const late = isLate(order, now)
    const chosen = order.id === selected
    const related = worker !== null && order.worker?.id === worker
    return [
      order.id,
      {
        id: order.id,
        lat: order.lat,
        lng: order.lng,
        data: { phase: order.phase, late: String(late), selected: String(chosen), related: String(related) },
        text: late ? '!' : order.phase === 'DISPATCHING' ? '派' : '',
        title: `#${order.id} ${order.service.name} ${PHASE_NAMES[order.phase]} ${timeText(order.starts_at)}${late ? ` ${dueText(order, now)}` : ''}`,
        front: chosen ? 3000 : late ? 500 : order.phase === 'DISPATCHING' ? 300 : 0,
      },
    ]
  })
  return new Map(signs)
}

function spotSigns({ spot }: Scene): Map<number, Sign> {
  if (spot === null) return new Map()
  const { lat, lng, label } = spot
  return new Map([[0, { id: 0, lat, lng, data: { name: label }, text: '异', title: label, front: 2500 }]])
}

function workerSigns({ workers, positions, worker: selected, orders, order, ranked }: Scene): Map<number, Sign> {
  const signs = new Map<number, Sign>()
  const related = orders.find(({ id }) => id === order)?.worker?.id
  for (const { worker, doing } of workers) {
    const position = positions.get(worker.id)
    if (position === undefined) continue
    const place = ranked.get(worker.id)
    const chosen = worker.id === selected || worker.id === related
    signs.set(worker.id, {
      id: worker.id,
      lat: position.lat,
      lng: position.lng,
      data: { doing, selected: String(chosen), rank: place === undefined ? '' : String(place), name: worker.name },
      text: DOING[doing].sign,
      title: `${worker.name} ${DOING[doing].word} ${worker.rating ? `★${worker.rating}` : ''}`,
      front: chosen || place !== undefined ? 2000 : 1000,
    })
  }
  return signs
}
