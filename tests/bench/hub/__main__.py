if __name__ == "__main__":  # Processes that are spawned import this as well.
    from tests.bench.hub.run import main

    main()
