import { beforeEach, expect, test, vi, type Mock } from 'vitest'
import { Kept } from '@/live/kept'
import type { Envelope, Follower, Hub, StreamPosition } from '@/live/hub'
import { Offline, Refusal } from '@/net/http'

interface Value {
  number: number
  stream: StreamPosition
}

const value = (number: number): Value => ({ number, stream: { topic: 't', epoch: 'e', offset: number } })
const event = (data: unknown): Envelope => ({ id: '1', type: 'x', subject: '', time: '', data })

class FakeHub {
  followed: StreamPosition[] = []
  followers: Follower[] = []

  follow(since: StreamPosition, follower: Follower): () => void {
    this.followed.push(since)
    this.followers.push(follower)
    return () => void this.followers.splice(this.followers.indexOf(follower), 1)
  }
}

let hub: FakeHub
let read: Mock<() => Promise<Value>>
let kept: Kept<Value>

beforeEach(() => {
  vi.useFakeTimers()
  hub = new FakeHub()
  read = vi.fn<() => Promise<Value>>()
  kept = new Kept<Value>(hub as unknown as Hub, {
    read,
    stream: ({ stream }) => stream,
    apply: (now, { data }) => ({ ...now, number: data as number }),
  })
})

test('it follows from where the first snapshot stood, once', async () => {
  read.mockResolvedValueOnce(value(3)).mockResolvedValueOnce(value(5))
  await kept.load()
  await kept.load()
  expect(kept.value.value?.number).toBe(5)
  expect(hub.followed).toEqual([value(3).stream])
})

test('an event shows at once what it says, and is followed by a reading', async () => {
  read.mockResolvedValueOnce(value(3)).mockResolvedValueOnce(value(5))
  await kept.load()
  hub.followers[0]?.onEvent(event(4))
  expect(kept.value.value?.number).toBe(4)
  await vi.runAllTimersAsync()
  expect(kept.value.value?.number).toBe(5)
})

test('events during a reading lead to one more', async () => {
  read.mockResolvedValue(value(3))
  await kept.load()
  for (let times = 0; times < 5; times++) hub.followers[0]?.onEvent(event(4))
  await vi.runAllTimersAsync()
  expect(read).toHaveBeenCalledTimes(3)
})

test('who asks during a reading waits for the next one: what he did may not be in this', async () => {
  read.mockResolvedValueOnce(value(3)).mockResolvedValueOnce(value(4))
  void kept.load()
  await kept.load()
  expect(kept.value.value?.number).toBe(4)
})

test('what was missed is read', async () => {
  read.mockResolvedValueOnce(value(3)).mockResolvedValueOnce(value(9))
  await kept.load()
  hub.followers[0]?.onLost()
  await vi.runAllTimersAsync()
  expect(kept.value.value?.number).toBe(9)
})

test('without a network it is tried until there is one, and what was shown stays', async () => {
  read.mockResolvedValueOnce(value(3)).mockRejectedValueOnce(new Offline()).mockRejectedValueOnce(new Offline())
  await kept.load()
  read.mockResolvedValueOnce(value(4))
  await kept.load()
  expect(kept.value.value?.number).toBe(3)
  expect(kept.problem.value).not.toBe('')
  await vi.runAllTimersAsync()
  expect([kept.value.value?.number, kept.problem.value]).toEqual([4, ''])
})

test('what the server refuses is not asked again', async () => {
  read.mockRejectedValue(new Refusal(404, 'not_found', '没有找到'))
  await kept.load()
  await vi.runAllTimersAsync()
  expect(read).toHaveBeenCalledOnce()
  expect([kept.problem.value, kept.refusal.value?.code]).toEqual(['没有找到', 'not_found'])
})

test('once it is stopped nothing is followed, read or shown', async () => {
  read.mockResolvedValueOnce(value(3))
  await kept.load()
  kept.stop()
  expect(hub.followers).toEqual([])
  read.mockRejectedValue(new Offline())
  await vi.runAllTimersAsync()
  expect(read).toHaveBeenCalledOnce()
})
