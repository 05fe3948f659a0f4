/** The two halves of the app. Each has a login, a socket and a queue of its own, so that one browser can be both at once. */

import { ref, type Ref } from 'vue'
import { Hub } from '@/live/hub'
import { Http } from '@/net/http'
import { TokenBox, type Side } from '@/net/tokens'
import type { Person, Tokens } from '@/api/types'

export class Half {
  readonly box: TokenBox
  readonly http: Http
  readonly hub: Hub
  /** Who is signed in; null: a stranger. */
  readonly user: Ref<Person | null>

  constructor(readonly side: Side) {
    this.box = new TokenBox(side)
    this.http = new Http(this.box, () => this.left())
    this.hub = new Hub(this.http)
    this.user = ref(this.box.read()?.user ?? null)
  }

  entered(tokens: Tokens): void {
    this.user.value = this.box.put(tokens).user
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
