import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Http, HttpError } from '@/http'
import { answerCase, assign as assignTo, callOff, decide, unlock } from '@/moves'
import { paidOtherwise, payOut } from '@/afterSales'
import { StaffMoves } from '@/staffMoves'

const assign = assignTo({ id: 9, name: '王芳' })
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

  test.each([
    [decide({ outcome: 'end_early', refund_bp: 5000 }), 'exceptions/decide', { outcome: 'end_early', refund_bp: 5000 }],
    [payOut(3), '/api/compensations/3/pay-out', { channel: 'sandbox' }],
    [paidOtherwise(3, '转账'), '/api/compensations/3/paid-otherwise', { note: '转账' }],
    [answerCase(7, { outcome: 'noted', text: '已回访' }), 'cases/7/answer', { outcome: 'noted', text: '已回访' }],
  ])('goes where the API has it: %o', async (move, path, body) => {
    const post = vi.fn((_path: string, _asking: { key: string; body: unknown }) => done)
    await movesOn(post).ask(1, move)
    expect(post.mock.calls[0]?.[0]).toBe(new URL(path, 'http://doorbell/api/orders/1/').pathname)
    expect(post.mock.calls[0]?.[1]).toMatchObject({ body })
  })

  test('with other sums is another command', async () => {
    const keys: string[] = []
    const moves = movesOn((_path, { key }) => {
      keys.push(key)
      throw new HttpError(0, 'offline', '网络不通')
    })
    const asked = { reason: 'other', worker_share_bp: null, worker_id: null, customer_compensation_fen: 0, worker_compensation_fen: 0 }
    await moves.ask(1, callOff({ ...asked, refund_bp: 10_000 }))
    await moves.ask(1, callOff({ ...asked, refund_bp: 9_000 }))
    await moves.ask(1, callOff({ ...asked, refund_bp: 9_000 }))
    expect(new Set(keys).size).toBe(2)
  })

  test('whose answer was lost is the same command after another order was looked at', async () => {
    const keys: string[] = []
    const moves = movesOn((_path, { key }) => {
      keys.push(key)
      if (keys.length === 1) throw new HttpError(0, 'offline', '网络不通')
      return done
    })
    await moves.ask(1, unlock())
    moves.reset()
    await moves.ask(2, assign)
    expect(moves.outcome.value).toEqual({ kind: 'done', move: assign })
    await moves.ask(1, unlock())
    expect(keys[2]).toBe(keys[0])
  })

  test('that was decided while another order was looked at is another command the next time', async () => {
    vi.useFakeTimers()
    const keys: string[] = []
    const moves = movesOn((_path, { key }) => {
      keys.push(key)
      return { status: 202, body: { command: 1, status: 'pending', code: '', details: {} } }
    })
    const asked = moves.ask(1, unlock())
    await vi.advanceTimersByTimeAsync(0)
    moves.reset()
    await vi.advanceTimersByTimeAsync(1000)
    await asked
    expect(moves.outcome.value).toEqual({ kind: 'none' })
    const again = moves.ask(1, unlock())
    await vi.advanceTimersByTimeAsync(1000)
    await again
    expect(new Set(keys).size).toBe(2)
  })

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
    const asked = moves.ask(1, unlock())
    await vi.advanceTimersByTimeAsync(0)
    expect(moves.outcome.value.kind).toBe('confirming')
    await vi.advanceTimersByTimeAsync(1000)
    await asked
    expect(moves.outcome.value.kind).toBe('unknown')
  })
})
