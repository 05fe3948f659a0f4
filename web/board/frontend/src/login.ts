import '@/styles/login.css'
