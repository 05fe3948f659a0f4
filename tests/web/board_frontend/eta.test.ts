import { expect, test } from 'vitest'
import { arrivalOf, distanceText, metresBetween } from '@/eta'
import type { OrderCard } from '@/protocol'
import { orderCard } from './cards'

const NOW = Date.parse('2026-11-23T04:00:00.000Z')
const TRAVEL = { detour: 1.35, speed_mps: 5.5 }
const DOOR = { lng: 120.13, lat: 30.26 }

function at(seconds: number): string {
  return new Date(NOW + seconds * 1000).toISOString()
}

function visit(phase: OrderCard['phase'], arrive_in_s: number): OrderCard {
  const card = orderCard({ id: 1, phase, worker: { id: 9, name: '王芳' }, ...DOOR })
  return { ...card, deadlines: { ...card.deadlines, arrive_by: at(arrive_in_s) } }
}

/** 1,112 m north of the door: 273 s away. */
const seen = (ago_s: number): { lng: number; lat: number; at: string } => ({ ...DOOR, lat: 30.27, at: at(-ago_s) })

test('distances are right to a percent and read as people say them', () => {
  expect(metresBetween(DOOR, seen(0))).toBeCloseTo(1112, 0)
  expect(metresBetween({ lng: 120, lat: 30.2 }, { lng: 120.01, lat: 30.2 })).toBeCloseTo(961, 0)
  expect([4, 324, 999, 1234].map(distanceText)).toEqual(['0 米', '320 米', '1.0 公里', '1.2 公里'])
})

test('one on his way is late by what his way takes longer than he has', () => {
  expect(Math.round((arrivalOf(visit('EN_ROUTE', 120), seen(0), TRAVEL, NOW)?.late_ms ?? 0) / 1000)).toBe(153)
  expect(arrivalOf(visit('EN_ROUTE', 300), seen(0), TRAVEL, NOW)?.late_ms).toBe(0)
})

test('he has come nearer since he was seen; one who has not left yet has not', () => {
  const [going, staying] = [visit('EN_ROUTE', 120), visit('ACCEPTED', 120)]
  expect(Math.round((arrivalOf(going, seen(60), TRAVEL, NOW)?.late_ms ?? 0) / 1000)).toBe(93)
  expect(Math.round((arrivalOf(staying, seen(60), TRAVEL, NOW)?.late_ms ?? 0) / 1000)).toBe(153)
})

test('a few seconds are the position’s own error', () => {
  expect(arrivalOf(visit('EN_ROUTE', 265), seen(0), TRAVEL, NOW)?.late_ms).toBe(0)
})

test('nothing is known of one who was not seen of late, or is there already', () => {
  expect(arrivalOf(visit('EN_ROUTE', 120), seen(301), TRAVEL, NOW)).toBeNull()
  expect(arrivalOf(visit('ARRIVED', 120), seen(0), TRAVEL, NOW)).toBeNull()
  expect(arrivalOf(orderCard({ id: 1, phase: 'EN_ROUTE' }), seen(0), TRAVEL, NOW)).toBeNull()
})
