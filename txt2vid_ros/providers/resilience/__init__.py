"""What is around every provider: time limits, retries, circuit breaker, fall-back."""
