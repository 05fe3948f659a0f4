/** Which city the customer looks at, and the place in it where he wants things done. */

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { customer } from '@/app/sides'
import type { CityCard } from '@/api/types'

const PLACE = 'city'

export const useCity = defineStore('city', () => {
  const cities = ref<CityCard[]>([])
  const code = ref(String(uni.getStorageSync(PLACE) || ''))

  const city = computed(() => cities.value.find((one) => one.code === code.value) ?? null)

  /** Raises Refusal or Offline. */
  async function load(): Promise<void> {
    if (cities.value.length > 0) return
    cities.value = await customer().http.get<CityCard[]>('/api/cities')
    const [first] = cities.value
    if (!city.value && first) choose(first.code)
  }

  function choose(chosen: string): void {
    code.value = chosen
    uni.setStorageSync(PLACE, chosen)
  }

  return { cities, code, city, load, choose }
})
