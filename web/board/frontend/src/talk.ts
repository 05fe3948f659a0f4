/** An order's conversation: read by HTTP, oldest first for the page; its topic says when there is more to read. */

import { computed, type ComputedRef, onScopeDispose, type Ref, ref, shallowRef, watch } from 'vue'
import { type Http, HttpError, newKey } from '@/http'
import { useLoaded } from '@/loading'
import type { Talk, TalkMessage } from '@/orderDetail'
import type { Session } from '@/session'

export interface Conversation {
  messages: ComputedRef<TalkMessage[]>
  loaded: ComputedRef<boolean>
  /** Whether anything may be said. */
  open: ComputedRef<boolean>
  /** Whether there is something older. */
  more: ComputedRef<boolean>
  problem: Ref<string>
  /** Why the last message was not sent, or may not have been. */
  refusal: Ref<string>
  sending: Ref<boolean>
  older: () => Promise<void>
  /** True when it was said. The same text with the same photos again after a failure is the same message. */
  send: (text: string, photos: number[]) => Promise<boolean>
  refresh: () => Promise<void>
}

/** What is known already, and a page more; by id, so that nothing is there twice. */
export function together(known: readonly TalkMessage[], page: readonly TalkMessage[]): TalkMessage[] {
  const byId = new Map([...known, ...page].map((message) => [message.id, message]))
  return [...byId.values()].sort((a, b) => a.id - b.id)
}

export function useTalk(order: number, http: Http, session: Session): Conversation {
  const path = `/api/orders/${order}/messages`
  const known = shallowRef<TalkMessage[]>([])
  // Of the oldest page that was read; undefined: none yet.
  const before = ref<number | null | undefined>(undefined)
  const refusal = ref('')
  const sending = ref(false)
  let key: { said: string; value: string } | null = null
  let stop = (): void => undefined
  let following = false

  const newest = useLoaded(
    () => path,
    async (address, signal) => (await http.get<Talk>(address, { signal })).body,
  )
  watch(newest.value, (page) => {
    if (page === null) return
    known.value = together(known.value, page.items)
    if (before.value === undefined) before.value = page.next_before
    if (!following) stop = session.follow(page.stream.topic, page.stream, () => void newest.refresh())
    following = true
  })
  onScopeDispose(() => stop())

  async function older(): Promise<void> {
    if (!before.value) return
    try {
      const { body } = await http.get<Talk>(`${path}?before=${before.value}`)
      known.value = together(known.value, body.items)
      before.value = body.next_before
    } catch (error) {
      newest.problem.value = error instanceof HttpError ? error.message : '读取失败'
    }
  }

  async function send(text: string, photos: number[]): Promise<boolean> {
    const said = JSON.stringify([text, photos])
    if (key?.said !== said) key = { said, value: newKey() }
    sending.value = true
    refusal.value = ''
    try {
      const { body } = await http.post<TalkMessage>(path, { key: key.value, body: { text, photos } })
      known.value = together(known.value, [body])
      key = null
      return true
    } catch (error) {
      refusal.value = error instanceof HttpError ? error.message : '没有收到结果，请重试'
      return false
    } finally {
      sending.value = false
    }
  }

  return {
    messages: computed(() => known.value),
    loaded: computed(() => newest.value.value !== null),
    open: computed(() => newest.value.value?.open ?? false),
    more: computed(() => Boolean(before.value)),
    problem: newest.problem,
    refusal,
    sending,
    older,
    send,
    refresh: newest.refresh,
  }
}
