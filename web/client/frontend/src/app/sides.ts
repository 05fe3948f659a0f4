/** The two halves of the app. Each has a login, a socket and a queue of its own, so that one browser can be both at once. */

import { ref, type Ref } from 'vue'
import { Hub } from '@/live/hub'
import { Http } from '@/net/http'
import { Outbox, type Step } from '@/queue/outbox'
import { TokenBox, type Side } from '@/net/tokens'
import type { Person, Tokens } from '@/api/types'

export class Half {
  readonly box: TokenBox
  readonly http: Http
  readonly hub: Hub
  /** Who is signed in; null: a stranger. */
  readonly user: Ref<Person | null>
  /** Of a worker: what he has done that the server does not know yet. */
  readonly outbox: Outbox
  private readonly waitingFor = new Set<(step: Step) => void>()

  constructor(readonly side: Side) {
    this.box = new TokenBox(side)
    this.http = new Http(this.box, () => this.left())
    this.hub = new Hub(this.http)
    this.user = ref(this.box.read()?.user ?? null)
    this.outbox = new Outbox(this.http, `outbox:${side}`, (step) => this.waitingFor.forEach((told) => told(step)))
    if (this.user.value) this.outbox.wake()
  }

  /** Calls back with each step that was decided. Returns the way to stop it. */
  onDecided(told: (step: Step) => void): () => void {
    this.waitingFor.add(told)
    return () => void this.waitingFor.delete(told)
  }

  /** There may be a network again, or somebody looks. */
  wake(): void {
    if (!this.user.value) return
    this.hub.wake()
    this.outbox.wake()
  }

  entered(tokens: Tokens): void {
    this.user.value = this.box.put(tokens).user
    this.outbox.wake()
  }

  async signOut(): Promise<void> {
    // Whether the server hears of it or not: on this device he is out.
    await this.http.ask('POST', '/api/auth/logout').catch(() => undefined)
    this.box.drop()
    this.left()
  }

  private left(): void {
    this.user.value = null
    this.hub.close()
  }
}

const halves: Partial<Record<Side, Half>> = {}

export function half(side: Side): Half {
  return (halves[side] ??= new Half(side))
}

export const customer = (): Half => half('customer')
export const worker = (): Half => half('worker')
