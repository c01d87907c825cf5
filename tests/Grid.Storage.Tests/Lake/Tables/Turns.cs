using System.Threading.Channels;

namespace Grid.Storage.Tests.Lake.Tables;

/// <summary>Runs actors one at a time: each goes on until it asks for its next turn, and a seed says whose that is.</summary>
internal sealed class Turns(Random random)
{
    private readonly List<TaskCompletionSource> _waiting = [];
    private readonly Channel<bool> _stopped = Channel.CreateUnbounded<bool>();

    /// <summary>Waits until it is this actor's turn.</summary>
    public Task WaitAsync()
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(turn);
        _stopped.Writer.TryWrite(true);
        return turn.Task;
    }

    /// <summary>Runs all of them to their ends.</summary>
    public async Task RunAsync(params IEnumerable<Func<Task>> actors)
    {
        var running = new List<Task>();
        foreach (var actor in actors)
        {
            running.Add(EndAsync(actor));
            await _stopped.Reader.ReadAsync();
        }

        while (_waiting.Count > 0)
        {
            var next = _waiting[random.Next(_waiting.Count)];
            _waiting.Remove(next);
            next.SetResult();
            await _stopped.Reader.ReadAsync();
        }

        await Task.WhenAll(running);
    }

    private async Task EndAsync(Func<Task> actor)
    {
        try
        {
            await actor();
        }
        finally
        {
            _stopped.Writer.TryWrite(true);
        }
    }
}
