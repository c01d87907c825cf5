using Grid.Testing.Streams;

namespace Grid.Storage.Tests.DataPort;

/// <summary>A connection that takes so many bytes, and then no more for ever.</summary>
internal sealed class FullStream(Stream inner, long takes, TaskCompletionSource full) : ConnectionStream(inner)
{
    private long _left = takes;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _left -= buffer.Length;
        if (_left < 0)
        {
            full.TrySetResult();
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        }

        await base.WriteAsync(buffer, cancellationToken);
    }
}
