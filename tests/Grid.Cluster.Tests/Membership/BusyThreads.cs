namespace Grid.Cluster.Tests.Membership;

/// <summary>Threads of ordinary priority that do nothing but burn: several for every core, until disposed.</summary>
internal sealed class BusyThreads : IDisposable
{
    private const int PerCore = 4;
    private readonly Thread[] _threads;
    private volatile bool _stop;

    public BusyThreads()
    {
        _threads = [.. Enumerable.Range(0, PerCore * Environment.ProcessorCount).Select(_ => new Thread(Burn) { IsBackground = true })];
        foreach (var thread in _threads)
            thread.Start();
    }

    public int Count => _threads.Length;

    public void Dispose()
    {
        _stop = true;
        foreach (var thread in _threads)
            thread.Join();
    }

    private void Burn()
    {
        while (!_stop)
            Thread.SpinWait(1000);
    }
}
