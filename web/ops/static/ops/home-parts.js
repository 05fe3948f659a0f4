// Of each part of a home page only the fields of its kind are shown. Without this file all of them are.
(() => {
  const KINDS = 'select[name^="parts-"][name$="-kind"]'
  const show = (select) => {
    for (const group of select.closest('.form-group').querySelectorAll('.ops-kind')) {
      group.hidden = !group.classList.contains(`ops-kind-${select.value}`)
    }
  }
  const showAll = () => document.querySelectorAll(KINDS).forEach(show)
  document.addEventListener('change', (event) => event.target.matches?.(KINDS) && show(event.target))
  document.addEventListener('formset:added', showAll)
  document.addEventListener('DOMContentLoaded', showAll)
})()
