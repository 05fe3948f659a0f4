/** What changes an order: sent with a key made at the tap, and sent again with the same key until there is an answer. */

import { Offline, Refusal } from '@/net/http'
import { newKey } from '@/net/keys'
import type { Half } from './sides'
import type { CommandAnswer } from '@/api/types'

const TRIES = 4
const PAUSE_MS = 1500

/**
 * Raises Refusal, or Offline where nothing is known after some tries. A command that the server has and has not decided is
 * asked after until it is.
 */
export async function command(half: Half, path: string, body: object = {}): Promise<CommandAnswer> {
  const key = newKey()
  let answer: CommandAnswer | null = null
  for (let tried = 1; answer === null; tried++) {
    try {
      answer = await half.http.post<CommandAnswer>(path, body, key)
    } catch (error) {
      const again = error instanceof Offline || (error instanceof Refusal && error.status === 503)
      if (!again || tried === TRIES) throw error
      await pause()
    }
  }
  while (answer.status === 'pending') {
    await pause()
    answer = await half.http.get<CommandAnswer>(`/api/commands/${answer.command}`)
  }
  if (answer.status === 'done') return answer
  throw commandRefused(answer)
}

/** Of a command that was decided otherwise, or came too late. */
export function commandRefused({ status, code, details }: CommandAnswer): Refusal {
  const words = status === 'expired' ? '操作已超时，未生效' : `操作未生效（${code}）`
  return new Refusal(409, code || status, words, details)
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
