/** A question to the server with what a page shows meanwhile: nothing yet, an answer, or why there is none. */

import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Offline, Refusal } from '@/net/http'

export interface Asking<T> {
  value: ShallowRef<T | null>
  problem: Ref<string>
  busy: Ref<boolean>
  /** Asks; only the answer to the last question counts. What was shown stays until then. */
  ask(): Promise<void>
}

export function useAsking<T>(question: () => Promise<T>): Asking<T> {
  const value = shallowRef<T | null>(null)
  const problem = ref('')
  const busy = ref(false)
  let last = 0

  async function ask(): Promise<void> {
    const mine = ++last
    busy.value = true
    try {
      const answer = await question()
      if (mine !== last) return
      value.value = answer
      problem.value = ''
    } catch (error) {
      if (mine === last) problem.value = wordsOf(error)
    } finally {
      if (mine === last) busy.value = false
    }
  }

  return { value, problem, busy, ask }
}

/** What people read of a refusal, or of no answer. Raises what is neither. */
export function wordsOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof Offline) return error.message
  throw error
}

/** The same, at once, where a page has no place for it. */
export function say(error: unknown): void {
  uni.showToast({ title: wordsOf(error), icon: 'none', duration: 3000 })
}
