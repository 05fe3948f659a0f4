"""`python -m tests.bench.orders`: see run.py."""

if __name__ == "__main__":
    from tests.bench.orders.run import main

    main()
