import { expect, test } from 'vitest'
import { ahead } from '@/worker/job/ahead'
import type { OrderDetail } from '@/api/types'

const record = (position: number, done = false) => ({
  position,
  name: `步骤${position}`,
  standard: '',
  done_at: done ? '2026-11-30T01:00:00Z' : null,
  photos: [],
})
const detail = (allowed_actions: string[], records = [record(1), record(2)]) =>
  ({ allowed_actions, records }) as unknown as OrderDetail

test('with nothing waiting it is what the server allows', () => {
  expect(ahead(detail(['depart', 'hand_back']), []).action).toBe('depart')
  expect(ahead(detail(['start', 'report_absent']), []).action).toBe('start')
  expect(ahead(detail([]), [])).toEqual({ action: null, record: null })
})

test('a whole visit can be done without a network', () => {
  const start = detail(['depart'])
  const queued: string[] = []
  const steps: (string | null)[] = []
  for (const path of ['depart', 'arrive', 'start', 'steps/1', 'steps/2', 'finish']) {
    const { action, record: step } = ahead(start, queued)
    steps.push(action === 'tick' ? `steps/${step?.position}` : action)
    queued.push(path)
  }
  expect(steps).toEqual(['depart', 'arrive', 'start', 'steps/1', 'steps/2', 'finish'])
  expect(ahead(start, queued).action).toBeNull()
})

test('steps that are done are not offered again', () => {
  const { record: step } = ahead(detail(['tick'], [record(1, true), record(2), record(3)]), ['steps/2'])
  expect(step?.position).toBe(3)
  expect(ahead(detail(['tick', 'finish'], [record(1, true), record(2)]), ['steps/2']).action).toBe('finish')
})

test('a service without steps is finished after its start', () => {
  expect(ahead(detail(['start'], []), ['start']).action).toBe('finish')
})
