import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Http, HttpError } from '@/http'
import { type StaffMove, StaffMoves } from '@/staffMoves'

const assign: StaffMove = { name: 'assign', worker: { id: 9, name: '王芳' } }
const done = { status: 200, body: { command: 1, status: 'done', code: '', details: {} } }

function movesOn(post: (path: string, asking: { key: string; body: unknown }) => unknown, get: () => unknown = () => done): StaffMoves {
  return new StaffMoves({ post: async (...asked: Parameters<typeof post>) => post(...asked), get: async () => get() } as unknown as Http)
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('a move by hand', () => {
  test('needs nothing of the browser that plain HTTP from another machine does not have', async () => {
    vi.stubGlobal('crypto', { getRandomValues: <T extends Uint8Array>(bytes: T): T => bytes.fill(0xa5) })
    const post = vi.fn(() => done)
    const moves = movesOn(post)
    await moves.ask(1, assign)
    expect(moves.outcome.value).toEqual({ kind: 'done', move: assign })
    expect(post).toHaveBeenCalledWith('/api/orders/1/assign', { key: 'a5'.repeat(16), body: { worker_id: 9 } })
  })

  test.each([new TypeError('a fault of ours'), new HttpError(0, 'offline', '网络不通'), new HttpError(503, 'unavailable', '稍后再试')])(
    'whose answer was %s is not known, and asks again with the same key',
    async (error) => {
      const keys: string[] = []
      const moves = movesOn((_path, { key }) => {
        if (keys.push(key) === 1) throw error
        return done
      })
      await moves.ask(1, assign)
      expect(moves.outcome.value.kind).toBe('unknown')
      await moves.ask(1, assign)
      expect(moves.outcome.value.kind).toBe('done')
      expect(new Set(keys).size).toBe(1)
    },
  )

  test('that was refused says so, and the next click is a new command', async () => {
    const keys: string[] = []
    const moves = movesOn((_path, { key }) => {
      keys.push(key)
      throw new HttpError(409, 'slot_taken', '该时间段已被约满', { reason: 'not_free' })
    })
    await moves.ask(1, assign)
    expect(moves.outcome.value).toMatchObject({ kind: 'refused', code: 'slot_taken', why: '时间冲突' })
    await moves.ask(1, assign)
    expect(new Set(keys).size).toBe(2)
  })

  test('whose outcome may not be asked for is not known, rather than refused', async () => {
    vi.useFakeTimers()
    const pending = { status: 202, body: { command: 1, status: 'pending', code: '', details: {} } }
    const moves = movesOn(
      () => pending,
      () => {
        throw new HttpError(404, 'not_found', '没有找到')
      },
    )
    const asked = moves.ask(1, { name: 'unlock' })
    await vi.advanceTimersByTimeAsync(0)
    expect(moves.outcome.value.kind).toBe('confirming')
    await vi.advanceTimersByTimeAsync(1000)
    await asked
    expect(moves.outcome.value.kind).toBe('unknown')
  })
})
