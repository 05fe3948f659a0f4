/** What somebody is about to book. Kept on the device: a call, a login or a dead battery loses none of it. */

import { defineStore } from 'pinia'
import { reactive, ref, watch } from 'vue'
import type { OptionCard, ServiceDetail } from '@/api/types'

export type Answer = string | string[] | number

export interface Draft {
  answers: Record<string, Answer>
  /** By item of the price list: how many. */
  add_ons: Record<number, number>
  address_id: number | null
  day: string
  starts_at: string | null
  worker_id: number | null
  request: string
  /** null: the best one that he has; 0: none. */
  coupon_id: number | null
}

const PLACE = 'draft'

const fresh = (): Draft => ({
  answers: {},
  add_ons: {},
  address_id: null,
  day: '',
  starts_at: null,
  worker_id: null,
  request: '',
  coupon_id: null,
})

export const useDraft = defineStore('draft', () => {
  const service_id = ref(0)
  const draft = reactive<Draft>(fresh())

  /** Of this service: as it was left, or a new one. */
  function open(service: ServiceDetail): void {
    if (service_id.value !== service.id) {
      const kept = uni.getStorageSync(PLACE) as { service_id: number; draft: Draft } | ''
      Object.assign(draft, fresh(), kept && kept.service_id === service.id ? kept.draft : {})
      service_id.value = service.id
    }
    draft.answers = { ...firstAnswers(service.options), ...known(draft.answers, service.options) }
  }

  function clear(): void {
    service_id.value = 0
    Object.assign(draft, fresh())
    uni.removeStorageSync(PLACE)
  }

  watch(draft, () => {
    // Plain: a phone's storage takes no proxies.
    if (service_id.value) uni.setStorageSync(PLACE, JSON.parse(JSON.stringify({ service_id: service_id.value, draft })))
  })

  return { service_id, draft, open, clear }
})

/** What has to be answered is answered with the first choice, or the least. */
export function firstAnswers(options: OptionCard[]): Record<string, Answer> {
  const answers: Record<string, Answer> = {}
  for (const option of options.filter((one) => one.required)) {
    const [first] = option.choices
    if (option.kind === 'count') answers[option.key] = option.least
    else if (first) answers[option.key] = option.kind === 'some' ? [first.key] : first.key
  }
  return answers
}

/** Of answers that were kept those that there still are: the service may have been published anew meanwhile. */
export function known(answers: Record<string, Answer>, options: OptionCard[]): Record<string, Answer> {
  const found: Record<string, Answer> = {}
  for (const option of options) {
    const answer = answers[option.key]
    const keys = option.choices.map((one) => one.key)
    if (option.kind === 'count') {
      if (typeof answer === 'number') found[option.key] = Math.min(Math.max(answer, option.least), option.most)
    } else if (option.kind === 'one') {
      if (typeof answer === 'string' && keys.includes(answer)) found[option.key] = answer
    } else if (Array.isArray(answer)) {
      const there = answer.filter((key) => keys.includes(key))
      if (there.length) found[option.key] = there
    }
  }
  return found
}
