/** Who is signed in, on this device. A person's two halves of the app, customer and worker, have a login each. */

import type { Person, Tokens } from '@/api/types'

export type Side = 'customer' | 'worker'

export interface Login {
  access: string
  refresh: string
  user: Person
}

export class TokenBox {
  constructor(readonly side: Side) {}

  /** Read anew each time: another window of the same browser may have renewed it, or signed out. */
  read(): Login | null {
    const kept: unknown = uni.getStorageSync(this.place)
    return kept ? (kept as Login) : null
  }

  put({ access, refresh, user }: Tokens): Login {
    const login: Login = { access, refresh, user }
    uni.setStorageSync(this.place, login)
    return login
  }

  drop(): void {
    uni.removeStorageSync(this.place)
  }

  private get place(): string {
    return `login:${this.side}`
  }
}
