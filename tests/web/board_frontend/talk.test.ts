import { describe, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { type Http, HttpError } from '@/http'
import type { Talk, TalkMessage } from '@/orderDetail'
import type { Session } from '@/session'
import { type Conversation, together, useTalk } from '@/talk'

const said = (id: number, text = `第 ${id} 句`): TalkMessage => {
  return { id, role: 'customer', by: '用户', mine: false, text, photos: [], at: '2026-11-23T02:00:00.000Z' }
}
const page = (items: TalkMessage[], next_before: number | null = null): Talk => {
  return { items, next_before, open: true, stream: { topic: 'conversation:1', epoch: 'e', offset: 3 } }
}
const settled = (): Promise<void> => new Promise((done) => setTimeout(done))

test('pages that overlap give each message once, oldest first', () => {
  expect(together([said(2), said(3)], [said(3), said(1)]).map((one) => one.id)).toEqual([1, 2, 3])
})

describe('a conversation', () => {
  function opened(pages: Talk[], post: (asking: { key: string }) => unknown = () => said(9)) {
    const asked: string[] = []
    let heard = (): void => undefined
    const stop = vi.fn()
    const http = {
      get: async (path: string) => (asked.push(path), { status: 200, body: pages[Math.min(asked.length, pages.length) - 1] }),
      post: async (_path: string, asking: { key: string }) => ({ status: 201, body: post(asking) }),
    } as unknown as Http
    const session = { follow: (_topic: string, _since: unknown, told: () => void) => ((heard = told), stop) } as unknown as Session
    const scope = effectScope()
    const talk = scope.run(() => useTalk(1, http, session)) as Conversation
    return { talk, asked, stop, scope, hear: () => heard() }
  }
  const ids = (talk: Conversation): number[] => talk.messages.value.map((one) => one.id)

  test('reads again when its topic says that there is more, and stops listening when it goes', async () => {
    const { talk, stop, scope, hear } = opened([page([said(1)]), page([said(2), said(1)])])
    await settled()
    expect(ids(talk)).toEqual([1])
    hear()
    await settled()
    expect(ids(talk)).toEqual([1, 2])
    scope.stop()
    expect(stop).toHaveBeenCalled()
  })

  test('has what is older when it is asked for', async () => {
    const { talk, asked } = opened([page([said(5)], 5), page([said(4)])])
    await settled()
    expect(talk.more.value).toBe(true)
    await talk.older()
    expect(asked.at(-1)).toBe('/api/orders/1/messages?before=5')
    expect([ids(talk), talk.more.value]).toEqual([[4, 5], false])
  })

  test('sends the same after a failure with the same key, and another text or other photos with another', async () => {
    const keys: string[] = []
    const { talk } = opened([page([])], ({ key }) => {
      if ([1, 3].includes(keys.push(key))) throw new HttpError(0, 'offline', '网络不通')
      return said(9)
    })
    await settled()
    expect([await talk.send('到哪了', []), talk.refusal.value]).toEqual([false, '网络不通'])
    expect([await talk.send('到哪了', []), talk.refusal.value]).toEqual([true, ''])
    await talk.send('到哪了', [])
    await talk.send('到哪了', [3])
    expect([keys[0] === keys[1], keys[1] === keys[2], keys[2] === keys[3]]).toEqual([true, false, false])
    expect(ids(talk)).toEqual([9])
  })
})
