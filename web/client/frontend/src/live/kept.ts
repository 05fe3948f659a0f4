/** A snapshot that stays true: read by HTTP, and read again whenever its topic says that something happened. */

import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Offline, Refusal } from '@/net/http'
import type { Envelope, Hub, StreamPosition } from './hub'

export interface Source<T> {
  read(): Promise<T>
  /** Where to go on; null: nothing is pushed. */
  stream(value: T): StreamPosition | null
  /** What the event itself says already, before the answer to the question that follows it. */
  apply?(value: T, event: Envelope): T
}

const PAUSES_MS = [500, 1000, 2000, 5000]

export class Kept<T> {
  readonly value: ShallowRef<T | null> = shallowRef(null)
  /** What people read, where there is nothing to show or what is shown may be old. */
  readonly problem: Ref<string> = ref('')
  /** The server's refusal, where it will not be another one the next time. */
  readonly refusal: ShallowRef<Refusal | null> = shallowRef(null)

  private unfollow: (() => void) | null = null
  private reading: Promise<void> | null = null
  private again: Promise<void> | null = null
  private stopped = false
  private tries = 0

  constructor(
    private readonly hub: Hub,
    private readonly source: Source<T>,
  ) {}

  /** Reads now. While it reads, whoever asks again waits for one more reading: the one under way may be too old for him. */
  load(): Promise<void> {
    if (this.reading) {
      this.again ??= this.reading.then(() => {
        this.again = null
        return this.stopped ? undefined : this.load()
      })
      return this.again
    }
    this.reading = this.read().finally(() => {
      this.reading = null
    })
    return this.reading
  }

  stop(): void {
    this.stopped = true
    this.unfollow?.()
  }

  private async read(): Promise<void> {
    try {
      const value = await this.source.read()
      if (this.stopped) return
      this.value.value = value
      this.problem.value = ''
      this.refusal.value = null
      this.tries = 0
      this.follow(this.source.stream(value))
    } catch (error) {
      this.failed(error)
    }
  }

  private follow(since: StreamPosition | null): void {
    if (since === null || this.unfollow) return
    this.unfollow = this.hub.follow(since, {
      onEvent: (event) => {
        if (this.value.value !== null && this.source.apply) this.value.value = this.source.apply(this.value.value, event)
        void this.load()
      },
      onLost: () => void this.load(),
    })
  }

  private failed(error: unknown): void {
    if (!(error instanceof Offline || error instanceof Refusal)) throw error
    this.problem.value = error.message
    if (error instanceof Refusal && error.status < 500 && error.status !== 429) {
      this.refusal.value = error
      return
    }
    const pause = PAUSES_MS[Math.min(this.tries++, PAUSES_MS.length - 1)]
    setTimeout(() => !this.stopped && void this.load(), pause)
  }
}
