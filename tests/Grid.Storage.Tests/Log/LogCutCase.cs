using Grid.Abstractions;
using Grid.Storage.Log;
using Grid.Testing.Files;

namespace Grid.Storage.Tests.Log;

/// <summary>One way to cut a log, and what must hold of the log that opens after a crash: of the case, the run that stopped, the log, and its frames.</summary>
internal sealed record LogCutCase(FlushPolicy Flush, bool PowerLoss, string What, Action<BucketLog> Cut, Action<LogCutCase, LogCutRun, BucketLog, List<FrameHeader>> Require)
{
    private const int Tears = 3;

    /// <summary>Whether what was not flushed may be gone: neither the policy nor the end's kind keeps it.</summary>
    public bool LosesUnflushed => Flush == FlushPolicy.Os && PowerLoss;

    /// <summary>The frames of a run that does not stop.</summary>
    public List<FrameHeader> Final { get; private set; } = [];

    /// <summary>Stops at each boundary from the cut on; the first kind of tear also at each boundary of the recovery from that.</summary>
    public async Task CrashEverywhereAsync()
    {
        Final = (await LogCutRun.RunAsync(Flush, Cut, stopAfter: -1, seed: 0)).After;
        var boundary = 0;
        for (var stopped = true; stopped; boundary++)
        {
            for (var seed = 0; seed < Tears; seed++)
            {
                var run = await LogCutRun.RunAsync(Flush, Cut, boundary, seed);
                stopped = run.Store.Crashed;
                for (var second = -1; stopped && second < (seed == 0 ? int.MaxValue : 0); second++)
                    if (!CrashAgain(run, boundary, second, seed))
                        break;
            }
        }
    }

    private bool CrashAgain(LogCutRun run, int boundary, int second, int seed)
    {
        try
        {
            var left = run.Store.AfterCrash(PowerLoss, seed);
            if (second >= 0 && !StopRecovery(ref left, second, seed))
                return false;
            Verify(left, run);
            return true;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{What}, {Flush}, power loss {PowerLoss}, boundary {boundary}, of recovery {second}, tear {seed}: {e.Message}", e);
        }
    }

    /// <summary>Opens the log and stops the machine at a boundary of that; false: it has not so many.</summary>
    private bool StopRecovery(ref FaultyFileStore store, int boundary, int seed)
    {
        store.CrashAt = boundary;
        try
        {
            LogScript.Open(store, Flush, LogOffset.Zero).Dispose();
        }
        catch (IOException) when (store.Crashed)
        {
        }

        Assert.Equal(0, store.OpenFiles);
        var stopped = store.Crashed;
        store = store.AfterCrash(PowerLoss, seed + 1);
        return stopped;
    }

    private void Verify(FaultyFileStore store, LogCutRun run)
    {
        store.ShortReads = true;
        List<FrameHeader> frames;
        using (var log = LogScript.Open(store, Flush, run.Before[^1].EndOffset))
        {
            frames = LogScript.Read(log);
            LogScript.RequireConsistent(log, frames);
            Require(this, run, log, frames);
            for (var i = frames.Count(LogScript.IsNew); i < LogScript.NewFrames; i++)
                LogScript.AppendNew(log, i, Flush);
            Assert.Equal(frames, LogScript.Read(log)[..frames.Count]);
            frames = LogScript.Read(log);
            Assert.Equal(LogScript.NewFrames, frames.Count(LogScript.IsNew));
            LogScript.RequireConsistent(log, frames);
        }

        using var again = LogScript.Open(store, Flush, LogOffset.Zero);
        Assert.Equal(frames, LogScript.Read(again));
        LogScript.RequireConsistent(again, frames);
    }
}
