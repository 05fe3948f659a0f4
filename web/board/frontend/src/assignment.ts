/** Assigning an order by hand: one click, one key, and an honest word about what came of it. */

import { ref, type Ref } from 'vue'
import { type Http, HttpError } from '@/http'
import { EVENT_WORDS, EXCLUSIONS, PHASE_NAMES, REFUSALS } from '@/phases'
import type { Named, OrderCard, Phase } from '@/protocol'
import { timeText } from '@/times'

export type Outcome =
  | { kind: 'none' }
  | { kind: 'asking'; worker: Named }
  /** 202: written down, not decided. Nobody may be told that it worked, or that it did not. */
  | { kind: 'confirming'; worker: Named }
  | { kind: 'done'; worker: Named }
  | { kind: 'refused'; worker: Named; code: string; message: string; why: string }
  | { kind: 'unknown'; worker: Named; message: string }

interface CommandAnswer {
  command: number
  status: 'pending' | 'done' | 'refused' | 'expired'
  code: string
  details: Record<string, unknown>
}

const POLL_MS = 1000

export class Assignment {
  readonly outcome: Ref<Outcome> = ref({ kind: 'none' })
  private key: { order: number; worker: number; value: string } | null = null
  private order = 0

  constructor(
    private readonly http: Http,
    private readonly onDecided: () => void,
  ) {}

  /** Forgets what was shown when another order is selected; a command under way goes on without being shown. */
  reset(): void {
    this.order = 0
    this.outcome.value = { kind: 'none' }
  }

  get busy(): boolean {
    return this.outcome.value.kind === 'asking' || this.outcome.value.kind === 'confirming'
  }

  async assign(order: number, worker: Named): Promise<void> {
    if (this.busy) return
    this.order = order
    this.outcome.value = { kind: 'asking', worker }
    try {
      const asking = { key: this.keyFor(order, worker.id), body: { worker_id: worker.id } }
      const { status, body } = await this.http.post<CommandAnswer>(`/api/orders/${order}/assign`, asking)
      if (status === 202) await this.follow(order, worker, body.command)
      else this.decide(order, { kind: 'done', worker })
    } catch (error) {
      this.decide(order, failure(worker, error))
    }
  }

  /** The socket may be quicker than the poll: the order's card says who has it. */
  sees(card: OrderCard): void {
    const shown = this.outcome.value
    if (card.id !== this.order || shown.kind !== 'confirming') return
    if (card.phase !== 'DISPATCHING' && card.worker?.id === shown.worker.id) {
      this.decide(card.id, { kind: 'done', worker: shown.worker })
    }
  }

  private async follow(order: number, worker: Named, command: number): Promise<void> {
    this.show(order, { kind: 'confirming', worker })
    while (this.waitsFor(order)) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      if (!this.waitsFor(order)) return
      const state = await this.commandState(command)
      if (state !== null) this.settle(order, worker, state)
    }
  }

  private waitsFor(order: number): boolean {
    return this.order === order && this.outcome.value.kind === 'confirming'
  }

  /** Null while the network is away: the command is written down, so asking again is all there is to do. */
  private async commandState(command: number): Promise<CommandAnswer | null> {
    try {
      return (await this.http.get<CommandAnswer>(`/api/commands/${command}`)).body
    } catch (error) {
      if (error instanceof HttpError && (error.status === 0 || error.status >= 500)) return null
      throw error
    }
  }

  private settle(order: number, worker: Named, { status, code, details }: CommandAnswer): void {
    if (status === 'pending') return
    if (status === 'done') return this.decide(order, { kind: 'done', worker })
    const expired = status === 'expired'
    const message = expired ? '操作已超时，未生效' : (REFUSALS[code] ?? '订单当前状态不允许此操作')
    this.decide(order, { kind: 'refused', worker, code: code || status, message, why: whyText(details) })
  }

  private decide(order: number, outcome: Outcome): void {
    // After "unknown" the same click may be repeated and must be the same command; else the next click is a new one.
    if (outcome.kind !== 'unknown') this.key = null
    this.show(order, outcome)
    this.onDecided()
  }

  private show(order: number, outcome: Outcome): void {
    if (this.order === order) this.outcome.value = outcome
  }

  private keyFor(order: number, worker: number): string {
    if (this.key?.order !== order || this.key.worker !== worker) {
      this.key = { order, worker, value: crypto.randomUUID() }
    }
    return this.key.value
  }
}

function failure(worker: Named, error: unknown): Outcome {
  if (!(error instanceof HttpError)) throw error
  const { status, code, message, details } = error
  if (status === 0 || status >= 500) return { kind: 'unknown', worker, message }
  return { kind: 'refused', worker, code, message, why: whyText(details) }
}

/** Who did what, from a refusal's details: 订单已是「待服务」 · 10:32 调度员 李雷 手动指派. */
export function whyText(details: Record<string, unknown>): string {
  const parts: string[] = []
  const reason = details.reason
  if (typeof reason === 'string') parts.push(`${EXCLUSIONS[reason] ?? '不符合要求'}（${reason}）`)
  const state = phaseOf(details.state)
  if (state) parts.push(`订单现在是「${state}」`)
  const last = lastEventText(details.last_event)
  if (last) parts.push(last)
  return parts.join(' · ')
}

function phaseOf(value: unknown): string {
  return typeof value === 'string' ? (PHASE_NAMES[value as Phase] ?? value) : ''
}

interface LastEvent {
  type?: string
  label?: string
  by?: string
  at?: string
}

function lastEventText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  const { type = '', label = '', by = '', at } = value as LastEvent
  return [at ? timeText(at) : '', by, EVENT_WORDS[type] ?? label].filter(Boolean).join(' ')
}
