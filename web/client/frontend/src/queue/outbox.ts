/**
 * What a worker has done, until the server knows it: kept on the device with its Idempotency-Key before it is sent, sent in
 * order when there is a network, never lost and never twice. A refused step says why, and holds the later ones of its order.
 */

import { shallowRef, type ShallowRef } from 'vue'
import { commandRefused } from '@/app/commands'
import { Offline, Refusal, type Http } from '@/net/http'
import { newKey } from '@/net/keys'
import type { CommandAnswer } from '@/api/types'

export interface Step {
  key: string
  order: number
  /** Below the order: depart, steps/2. */
  path: string
  body: object
  /** What people read. */
  label: string
  /** When it was tapped, by this device: ISO 8601. */
  at: string
  state: 'waiting' | 'sending' | 'refused'
  /** The server has it, and has not decided. */
  command: number | null
  /** Why it was refused. */
  words: string
}

const PAUSE_MS = 2000
const LATE = 429

export class Outbox {
  readonly steps: ShallowRef<Step[]>
  private running: Promise<void> | null = null
  private pause: ReturnType<typeof setTimeout> | undefined

  /** decided: this step was done, or refused. */
  constructor(
    private readonly http: Http,
    private readonly place: string,
    private readonly decided: (step: Step) => void = () => undefined,
  ) {
    const kept = uni.getStorageSync(place) as Step[] | ''
    // What was being sent when the app died may or may not have come: its key is sent again.
    this.steps = shallowRef((kept || []).map((step) => (step.state === 'sending' ? { ...step, state: 'waiting' as const } : step)))
  }

  of(order: number): Step[] {
    return this.steps.value.filter((step) => step.order === order)
  }

  put(order: number, path: string, body: object, label: string): void {
    const step: Step = {
      key: newKey(),
      order,
      path,
      body,
      label,
      at: new Date().toISOString(),
      state: 'waiting',
      command: null,
      words: '',
    }
    this.keep([...this.steps.value, step])
    this.wake()
  }

  /** A refused step is given up; those after it are sent. */
  giveUp(key: string): void {
    this.keep(this.steps.value.filter((step) => step.key !== key))
    this.wake()
  }

  /** There may be a network again. */
  wake(): void {
    clearTimeout(this.pause)
    this.running ??= this.run().finally(() => {
      this.running = null
    })
  }

  private async run(): Promise<void> {
    for (let step = this.next(); step; step = this.next()) {
      try {
        await this.send(step)
      } catch (error) {
        if (!comesBack(error)) throw error
        this.change(step.key, { state: 'waiting' })
        this.pause = setTimeout(() => this.wake(), PAUSE_MS)
        return
      }
    }
  }

  /** The first of an order that is not held. */
  private next(): Step | null {
    const seen = new Set<number>()
    for (const step of this.steps.value) {
      if (!seen.has(step.order) && step.state === 'waiting') return step
      seen.add(step.order)
    }
    return null
  }

  /** Raises what may be otherwise the next time. */
  private async send(step: Step): Promise<void> {
    this.change(step.key, { state: 'sending' })
    try {
      const answer = await this.ask(step)
      if (answer.status === 'pending') {
        this.change(step.key, { command: answer.command })
        throw new Offline()
      }
      if (answer.status !== 'done') throw commandRefused(answer)
      this.keep(this.steps.value.filter((other) => other.key !== step.key))
    } catch (error) {
      if (!(error instanceof Refusal) || comesBack(error)) throw error
      this.change(step.key, { state: 'refused', words: error.message })
    }
    this.decided(step)
  }

  private ask(step: Step): Promise<CommandAnswer> {
    if (step.command !== null) return this.http.get<CommandAnswer>(`/api/commands/${step.command}`)
    return this.http.post<CommandAnswer>(`/api/orders/${step.order}/${step.path}`, step.body, step.key)
  }

  private change(key: string, what: Partial<Step>): void {
    this.keep(this.steps.value.map((step) => (step.key === key ? { ...step, ...what } : step)))
  }

  private keep(steps: Step[]): void {
    this.steps.value = steps
    uni.setStorageSync(this.place, steps)
  }
}

/** Whether it is worth another try: no network, a server that has too much to do, or one that has lost who we are. */
function comesBack(error: unknown): boolean {
  if (error instanceof Offline) return true
  return error instanceof Refusal && (error.status >= 500 || error.status === LATE || error.status === 401)
}
