import { describe, expect, test } from 'vitest'
import { queueOf, ringing } from '@/alarms'
import { alarmCard } from './cards'

const RAISED = Date.parse('2026-11-23T02:00:00.000Z')
const AGAIN = Date.parse('2026-11-23T02:03:00.000Z')
const taken_by = { id: 7, name: '李雷' }

test('the queue has nobody’s alarms first, the oldest on top', () => {
  const alarms = [
    alarmCard({ id: 1, taken_by }),
    alarmCard({ id: 2, raised_at: '2026-11-23T02:05:00.000Z' }),
    alarmCard({ id: 3, raised_at: '2026-11-23T02:01:00.000Z' }),
  ]
  expect(queueOf(alarms).map((alarm) => alarm.id)).toEqual([3, 2, 1])
})

test('what is the manager’s comes before what is a dispatcher’s, as long as nobody has it', () => {
  const alarms = [alarmCard({ id: 1 }), alarmCard({ id: 2, owner: 'manager' }), alarmCard({ id: 3, owner: 'manager', taken_by })]
  expect(queueOf(alarms).map((alarm) => alarm.id)).toEqual([2, 1, 3])
})

describe('an alarm', () => {
  const rings = (rung: number | null, now: number, over = {}): boolean =>
    ringing([alarmCard({ id: 1, ...over })], rung === null ? new Map() : new Map([[1, rung]]), now).length > 0

  test('rings when it comes', () => {
    expect(rings(null, RAISED)).toBe(true)
  })

  test('rings once, until its time comes again', () => {
    expect(rings(RAISED, RAISED + 60_000)).toBe(false)
    expect(rings(RAISED, AGAIN)).toBe(true)
  })

  test('goes on ringing at the same distance until somebody takes it', () => {
    expect(rings(AGAIN, AGAIN + 179_000)).toBe(false)
    expect(rings(AGAIN, AGAIN + 180_000)).toBe(true)
    expect(rings(AGAIN, AGAIN + 180_000, { taken_by })).toBe(false)
  })

  test('rings soon when its time was moved by the server', () => {
    expect(rings(AGAIN, AGAIN + 61_000, { ring_again_at: new Date(AGAIN + 60_000).toISOString() })).toBe(true)
  })
})
