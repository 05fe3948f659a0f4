/** The ground of the map: districts and waters of a local GeoJSON file. No tiles, no request beyond our own server. */

import type { Feature, FeatureCollection, Geometry } from 'geojson'
import L from 'leaflet'

interface Properties {
  name: string
  kind: 'district' | 'water'
  label?: [number, number]
}

const STYLES: Record<string, L.PathOptions> = {
  district: { color: '#b3bec9', weight: 1, fillColor: '#fbfcfd', fillOpacity: 1 },
  water: { color: '#c3dae6', weight: 1, fillColor: '#dbe9f1', fillOpacity: 1 },
}

export async function drawGround(map: L.Map, address: string): Promise<boolean> {
  const response = await fetch(address, { credentials: 'same-origin' })
  if (!response.ok) return false
  const ground = (await response.json()) as FeatureCollection<Geometry, Properties>
  // Panes of their own, so that the water lies on the land and both under every marker.
  for (const [kind, order] of [['district', 201], ['water', 202]] as const) {
    map.createPane(kind).style.zIndex = String(order)
    const features = ground.features.filter((feature) => feature.properties.kind === kind)
    const style = STYLES[kind] ?? {}
    L.geoJSON(features as Feature[], { pane: kind, interactive: false, style: () => style }).addTo(map)
  }
  for (const { properties } of ground.features) if (properties.label) label(map, properties.name, properties.label)
  return true
}

function label(map: L.Map, name: string, [lng, lat]: [number, number]): void {
  const icon = L.divIcon({ className: 'map-label', html: '', iconSize: [0, 0] })
  const marker = L.marker([lat, lng], { icon, interactive: false, keyboard: false, zIndexOffset: -5000 }).addTo(map)
  const element = marker.getElement()
  if (element) element.textContent = name
}
