using Grid.Abstractions;
using Grid.Storage.Log;
using Grid.Testing.Files;

namespace Grid.Storage.Tests.Log;

/// <summary>One run: a log is filled, then cut, then written on; the machine may stop at any boundary from the cut on.</summary>
internal sealed class LogCutRun
{
    private readonly FlushPolicy _flush;
    private readonly Action<BucketLog> _cut;

    private LogCutRun(FlushPolicy flush, Action<BucketLog> cut, int seed)
    {
        _flush = flush;
        _cut = cut;
        Store = new FaultyFileStore(seed);
    }

    public FaultyFileStore Store { get; }

    /// <summary>The frames before the cut.</summary>
    public List<FrameHeader> Before { get; private set; } = [];

    /// <summary>The frames at the end of a run that did not stop.</summary>
    public List<FrameHeader> After { get; private set; } = [];

    /// <summary>Whether the cut returned.</summary>
    public bool HasCut { get; private set; }

    /// <summary>New frames whose append, and flush where the policy asks for it, returned.</summary>
    public int Acknowledged { get; private set; }

    /// <param name="flush">The policy.</param>
    /// <param name="cut">What is done with the log.</param>
    /// <param name="stopAfter">How many boundaries the machine crosses from there on; -1: all.</param>
    /// <param name="seed">How it tears.</param>
    public static async Task<LogCutRun> RunAsync(FlushPolicy flush, Action<BucketLog> cut, int stopAfter, int seed)
    {
        var run = new LogCutRun(flush, cut, seed);
        var log = LogScript.Open(run.Store, flush, LogOffset.Zero);
        try
        {
            LogScript.Fill(log, flush);
            run.Before = LogScript.Read(log);
            if (stopAfter >= 0)
                run.Store.CrashAt = run.Store.Boundaries + stopAfter;
            run.CutAndWrite(log);
        }
        finally
        {
            run.Abandon(log);
        }

        Assert.Equal(0, run.Store.OpenFiles);
        return run;
    }

    private void CutAndWrite(BucketLog log)
    {
        try
        {
            _cut(log);
            HasCut = true;
            LogScript.RequireConsistent(log, LogScript.Read(log));
            for (var i = 0; i < LogScript.NewFrames; i++)
            {
                LogScript.AppendNew(log, i, _flush);
                Acknowledged++;
            }

            After = LogScript.Read(log);
            LogScript.RequireConsistent(log, After);
        }
        catch (IOException) when (Store.Crashed)
        {
            // A log whose files stand between two states takes nothing more.
            if (!HasCut)
                Assert.Throws<IOException>(() => LogScript.AppendNew(log, 0, _flush));
        }
    }

    private void Abandon(BucketLog log)
    {
        try
        {
            log.Dispose();
        }
        catch (IOException) when (Store.Crashed)
        {
        }
    }
}
