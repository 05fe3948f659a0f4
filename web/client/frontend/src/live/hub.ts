/** The one socket: the published `centrifuge` SDK, a subscription for each topic that somebody follows. */

import { Centrifuge, type Options, type PublicationContext, type Subscription } from 'centrifuge'
import { ref, type Ref } from 'vue'
import { SOCKET } from '@/net/address'
import type { Http } from '@/net/http'
import { NetworkEvents } from './network'
import { UniSocket } from './uniSocket'

/** 实时 / 正在恢复 / 已离线. */
export type Line = 'live' | 'recovering' | 'offline'

/** Where an ordered topic stood before the state beside it was read. */
export interface StreamPosition {
  topic: string
  epoch: string
  offset: number
}

export interface Envelope<T = unknown> {
  id: string
  type: string
  subject: string
  time: string
  data: T
}

export interface Follower {
  onEvent(envelope: Envelope): void
  /** Something was missed that will not come any more: take a new snapshot. */
  onLost(): void
}

interface Followed {
  subscription: Subscription
  followers: Set<Follower>
  epoch: string
  offset: number
}

/** So long a cut is 正在恢复; then it is said to be one. */
const OFFLINE_AFTER_MS = 10_000

export class Hub {
  readonly line: Ref<Line> = ref('recovering')

  private readonly client: Centrifuge
  private readonly network = new NetworkEvents()
  private readonly topics = new Map<string, Followed>()
  private cutTimer = 0 as unknown as ReturnType<typeof setTimeout>

  constructor(http: Http) {
    const options: Partial<Options> = {
      getToken: async () => (await http.post<{ token: string }>('/api/hub/token')).token,
      name: 'client',
      minReconnectDelay: 300,
      maxReconnectDelay: 5000,
      networkEventTarget: this.network,
    }
    // #ifndef H5
    options.websocket = UniSocket
    // #endif
    this.client = new Centrifuge(SOCKET, options)
    this.client.on('connected', () => this.show('live'))
    this.client.on('connecting', () => this.cut())
    this.client.on('disconnected', () => this.cut())
  }

  /** Calls back with all that happens on an ordered topic after `since`, in order, once. Returns the way to stop it. */
  follow(since: StreamPosition, follower: Follower): () => void {
    const followed = this.topics.get(since.topic) ?? this.subscribed(since)
    followed.followers.add(follower)
    // Somebody else follows it already, and has heard what this snapshot does not know.
    if (since.epoch === followed.epoch && since.offset < followed.offset) follower.onLost()
    this.client.connect()
    return () => this.leave(since.topic, follower)
  }

  /** Likewise of a latest-value topic, which has no place to begin at. */
  followLatest(topic: string, onValue: (envelope: Envelope) => void): () => void {
    const subscription = this.client.getSubscription(topic) ?? this.client.newSubscription(topic, { recoverable: true })
    const heard = ({ data }: PublicationContext): void => onValue(data as Envelope)
    subscription.on('publication', heard)
    subscription.subscribe()
    this.client.connect()
    return () => {
      subscription.off('publication', heard)
      if (subscription.listeners('publication').length === 0) this.client.removeSubscription(subscription)
    }
  }

  /** A call over the socket; rejects where there is none. */
  async rpc<T>(method: string, data: object): Promise<T> {
    return (await this.client.rpc(method, data)).data as T
  }

  /** The app is before somebody's eyes again, or there is a network: do not wait for the next try. */
  wake(): void {
    this.network.tell('online')
  }

  close(): void {
    for (const { subscription } of this.topics.values()) this.client.removeSubscription(subscription)
    this.topics.clear()
    this.client.disconnect()
  }

  private subscribed({ topic, epoch, offset }: StreamPosition): Followed {
    const subscription = this.client.newSubscription(topic, { since: { epoch, offset }, recoverable: true, positioned: true })
    const followed: Followed = { subscription, followers: new Set(), epoch, offset }
    subscription.on('publication', (context) => {
      followed.offset = context.offset ?? followed.offset
      for (const each of [...followed.followers]) each.onEvent(context.data as Envelope)
    })
    subscription.on('subscribed', ({ wasRecovering, recovered, streamPosition }) => {
      if (!wasRecovering || recovered) return
      followed.epoch = streamPosition?.epoch ?? followed.epoch
      followed.offset = streamPosition?.offset ?? followed.offset
      for (const each of [...followed.followers]) each.onLost()
    })
    subscription.subscribe()
    this.topics.set(topic, followed)
    return followed
  }

  private leave(topic: string, follower: Follower): void {
    const followed = this.topics.get(topic)
    if (!followed?.followers.delete(follower) || followed.followers.size > 0) return
    this.topics.delete(topic)
    this.client.removeSubscription(followed.subscription)
  }

  private show(line: Line): void {
    clearTimeout(this.cutTimer)
    this.line.value = line
  }

  private cut(): void {
    if (this.line.value !== 'live') return
    this.show('recovering')
    this.cutTimer = setTimeout(() => this.show('offline'), OFFLINE_AFTER_MS)
  }
}
