// Of each part of a home page only the fields of its kind are shown. Without this file all of them are.
(() => {
  const show = (select) => {
    const part = select.closest('.inline-related, [id^="parts-"]')
    for (const group of part?.querySelectorAll('.ops-kind') ?? []) {
      group.hidden = !group.classList.contains(`ops-kind-${select.value}`)
    }
  }
  const isKind = (element) => element.matches?.('select[name^="parts-"][name$="-kind"]')
  const all = () => document.querySelectorAll('select[name^="parts-"][name$="-kind"]').forEach(show)
  document.addEventListener('change', (event) => isKind(event.target) && show(event.target))
  document.addEventListener('formset:added', all)
  document.addEventListener('DOMContentLoaded', all)
})()
