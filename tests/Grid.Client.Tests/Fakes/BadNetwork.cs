namespace Grid.Client.Tests.Fakes;

/// <summary>Loses requests, loses answers, sends twice, and lets calls overtake each other. Everything it does follows from its seed and the order of calls.</summary>
internal sealed class BadNetwork(int seed)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);

    public async Task CallAsync(Func<Task> call)
    {
        int yields, fate;
        lock (_lock)
        {
            yields = _random.Next(20);
            fate = _random.Next(100);
        }

        for (var i = 0; i < yields; i++)
            await Task.Yield();
        if (fate < 10)
            throw new TimeoutException("The request was lost.");
        await call();
        if (fate < 20)
            await call();
        if (fate is >= 20 and < 35)
            throw new TimeoutException("The answer was lost.");
    }
}
