/** A thing fetched for what is selected: keeps the old one while the new one comes, and drops answers that come too late. */

import { ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { HttpError } from '@/http'

export interface Loaded<T> {
  value: ShallowRef<T | null>
  problem: Ref<string>
  refresh: () => Promise<void>
}

/** `address` is empty where nothing is to be fetched. */
export function useLoaded<T>(address: () => string, fetch: (address: string, signal: AbortSignal) => Promise<T>): Loaded<T> {
  const value: ShallowRef<T | null> = shallowRef(null)
  const problem = ref('')
  let running: AbortController | null = null

  async function refresh(): Promise<void> {
    running?.abort()
    running = null
    const wanted = address()
    if (wanted === '') return
    const mine = (running = new AbortController())
    try {
      const got = await fetch(wanted, mine.signal)
      if (mine.signal.aborted) return
      value.value = got
      problem.value = ''
    } catch (error) {
      if (mine.signal.aborted) return
      problem.value = error instanceof HttpError ? error.message : '读取失败'
    }
  }

  watch(
    address,
    () => {
      value.value = null
      problem.value = ''
      void refresh()
    },
    { immediate: true },
  )
  return { value, problem, refresh }
}
