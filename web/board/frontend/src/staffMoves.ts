/** What staff do to an order from the board: one click, one key, and an honest word about what came of it. */

import { ref, type Ref } from 'vue'
import { type Http, HttpError, newKey } from '@/http'
import type { StaffMove } from '@/moves'
import { yuanText } from '@/orderDetail'
import { PHASE_NAMES } from '@/phases'
import type { OrderCard, Phase } from '@/protocol'
import { timeText } from '@/times'
import { EVENT_WORDS, EXCLUSIONS, REFUSALS } from '@/words'

export type Outcome =
  | { kind: 'none' }
  | { kind: 'asking'; move: StaffMove }
  /** 202: written down, not decided. Nobody may be told that it worked, or that it did not. */
  | { kind: 'confirming'; move: StaffMove }
  | { kind: 'done'; move: StaffMove }
  | { kind: 'refused'; move: StaffMove; code: string; message: string; why: string }
  | { kind: 'unknown'; move: StaffMove; message: string }

type Decided = Extract<Outcome, { kind: 'done' | 'refused' | 'unknown' }>

interface CommandAnswer {
  command: number
  status: 'pending' | 'done' | 'refused' | 'expired'
  code: string
  details: Record<string, unknown>
}

const POLL_MS = 1000

export class StaffMoves {
  readonly outcome: Ref<Outcome> = ref({ kind: 'none' })
  /** By what was asked, until that is decided, wherever the dispatcher has gone meanwhile: asked again it must be the
   * same command, and once it is decided a new one. */
  private readonly keys = new Map<string, string>()
  private order = 0

  constructor(private readonly http: Http) {}

  /** Forgets what was shown when another order is selected; a command under way goes on without being shown. */
  reset(): void {
    this.order = 0
    this.outcome.value = { kind: 'none' }
  }

  get busy(): boolean {
    return this.outcome.value.kind === 'asking' || this.outcome.value.kind === 'confirming'
  }

  async ask(order: number, move: StaffMove): Promise<void> {
    if (this.busy) return
    this.order = order
    this.outcome.value = { kind: 'asking', move }
    try {
      const address = move.path.startsWith('/') ? move.path : `/api/orders/${order}/${move.path}`
      const answer = await this.http.post<CommandAnswer>(address, { key: this.keyOf(order, move), body: move.body })
      if (answer.status === 202) await this.follow(order, move, answer.body.command)
      else this.decide(order, { kind: 'done', move })
    } catch (error) {
      this.decide(order, failure(move, error))
    }
  }

  /** The socket may be quicker than the poll: the order's card says who has it. */
  sees(card: OrderCard): void {
    const shown = this.outcome.value
    if (card.id !== this.order || shown.kind !== 'confirming' || shown.move.worker === undefined) return
    if (card.phase !== 'DISPATCHING' && card.worker?.id === shown.move.worker.id) {
      this.decide(card.id, { kind: 'done', move: shown.move })
    }
  }

  private async follow(order: number, move: StaffMove, command: number): Promise<void> {
    this.show(order, { kind: 'confirming', move })
    const key = this.keyOf(order, move)
    while (this.isOpen(order, move, key)) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      const state = this.isOpen(order, move, key) ? await this.commandState(command) : null
      if (state !== null && this.isOpen(order, move, key)) this.settle(order, move, state)
    }
  }

  private isOpen(order: number, move: StaffMove, key: string): boolean {
    return this.keys.get(asked(order, move)) === key
  }

  /** Null while the network is away: the command is written down, so asking again is all there is to do. */
  private async commandState(command: number): Promise<CommandAnswer | null> {
    try {
      return (await this.http.get<CommandAnswer>(`/api/commands/${command}`)).body
    } catch (error) {
      if (error instanceof HttpError && (error.status === 0 || error.status >= 500)) return null
      // Not being told about a command is no refusal of it.
      throw new Error('无法查询指令的结果', { cause: error })
    }
  }

  private settle(order: number, move: StaffMove, { status, code, details }: CommandAnswer): void {
    if (status === 'pending') return
    if (status === 'done') return this.decide(order, { kind: 'done', move })
    const expired = status === 'expired'
    const message = expired ? '操作已超时，未生效' : (REFUSALS[code] ?? '订单当前状态不允许此操作')
    this.decide(order, { kind: 'refused', move, code: code || status, message, why: whyText(details) })
  }

  private decide(order: number, outcome: Decided): void {
    if (outcome.kind !== 'unknown') this.keys.delete(asked(order, outcome.move))
    this.show(order, outcome)
  }

  private show(order: number, outcome: Outcome): void {
    if (this.order === order) this.outcome.value = outcome
  }

  private keyOf(order: number, move: StaffMove): string {
    const text = asked(order, move)
    const key = this.keys.get(text) ?? newKey()
    this.keys.set(text, key)
    return key
  }
}

function asked(order: number, { path, body }: StaffMove): string {
  return `${order} ${path} ${JSON.stringify(body)}`
}

/** Only a refusal is known to be one: whatever else went wrong, the command may have been heard. */
function failure(move: StaffMove, error: unknown): Decided {
  const told = error instanceof HttpError && error.status > 0 && error.status < 500
  if (told) return { kind: 'refused', move, code: error.code, message: error.message, why: whyText(error.details) }
  return { kind: 'unknown', move, message: error instanceof HttpError ? error.message : '没有收到结果' }
}

/** Sums that a refusal names. */
const LIMITS = { max_compensation_fen: '补偿上限', left_fen: '还可退' }

/** Who did what, from a refusal's details: 订单已是「待服务」 · 10:32 调度员 李雷 手动指派. */
export function whyText(details: Record<string, unknown> = {}): string {
  const parts: string[] = []
  const reason = details.reason
  if (typeof reason === 'string') parts.push(EXCLUSIONS[reason] ?? '不符合要求')
  for (const [name, words] of Object.entries(LIMITS)) {
    if (typeof details[name] === 'number') parts.push(`${words} ${yuanText(details[name])}`)
  }
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
