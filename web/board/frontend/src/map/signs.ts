/** Markers that are only touched when what they show has changed. */

import L from 'leaflet'

export interface Sign {
  id: number
  lat: number
  lng: number
  /** Attributes of the element: shape and colour follow them by CSS. */
  data: Record<string, string>
  text: string
  /** What a pointer resting on it reads. */
  title: string
  front: number
}

interface Drawn {
  marker: L.Marker
  sign: Sign
}

/**
 * Placed by left and top. Leaflet's own three-dimensional transform makes a compositor layer of every marker: with four hundred
 * of them each frame of the page took the browser 120 ms. The price: markers cannot glide along when the map zooms.
 */
const FlatMarker = L.Marker.extend({
  _setPos(this: { _icon: HTMLElement & { _leaflet_pos?: L.Point }; _zIndex: number; options: L.MarkerOptions; _resetZIndex: () => void }, at: L.Point) {
    this._icon._leaflet_pos = at
    this._icon.style.left = `${at.x}px`
    this._icon.style.top = `${at.y}px`
    this._zIndex = at.y + (this.options.zIndexOffset ?? 0)
    this._resetZIndex()
  },
}) as unknown as new (...options: ConstructorParameters<typeof L.Marker>) => L.Marker

export class SignLayer {
  private readonly drawn = new Map<number, Drawn>()

  constructor(
    private readonly map: L.Map,
    private readonly className: string,
    private readonly size: number,
    private readonly onPick: (id: number) => void,
  ) {}

  /** Draws exactly `signs`: what is new is made, at most `limit` at once; what is gone is taken away. Returns what is left. */
  show(signs: ReadonlyMap<number, Sign>, limit: number): number {
    for (const [id, { marker }] of this.drawn) {
      if (signs.has(id)) continue
      marker.remove()
      this.drawn.delete(id)
    }
    let made = 0
    let left = 0
    for (const sign of signs.values()) {
      const held = this.drawn.get(sign.id)
      if (held) this.update(held, sign)
      else if (made++ < limit) this.make(sign)
      else left += 1
    }
    return left
  }

  /** False where there is no such sign. */
  move(id: number, lat: number, lng: number): boolean {
    const held = this.drawn.get(id)
    if (held === undefined) return false
    held.marker.setLatLng([lat, lng])
    held.sign = { ...held.sign, lat, lng }
    return true
  }

  private make(sign: Sign): void {
    const icon = L.divIcon({ className: this.className, iconSize: [this.size, this.size] })
    const marker = new FlatMarker([sign.lat, sign.lng], { icon, keyboard: false, riseOnHover: true })
    marker.on('click', () => this.onPick(sign.id))
    marker.addTo(this.map)
    const held: Drawn = { marker, sign: { ...sign, data: {}, text: '', title: '', front: 0 } }
    this.drawn.set(sign.id, held)
    const element = marker.getElement()
    if (element) element.dataset.id = String(sign.id)
    this.update(held, sign)
  }

  private update(held: Drawn, sign: Sign): void {
    const { marker, sign: before } = held
    const element = marker.getElement()
    if (element === undefined) return
    for (const [name, value] of Object.entries(sign.data)) if (before.data[name] !== value) element.dataset[name] = value
    if (before.text !== sign.text) element.textContent = sign.text
    if (before.title !== sign.title) element.title = sign.title
    if (before.front !== sign.front) marker.setZIndexOffset(sign.front)
    if (before.lat !== sign.lat || before.lng !== sign.lng) marker.setLatLng([sign.lat, sign.lng])
    held.sign = sign
  }
}
