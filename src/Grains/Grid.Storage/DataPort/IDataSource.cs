namespace Grid.Storage.DataPort;

/// <summary>
/// What a ticket stands for. <see cref="WriteAsync"/> runs at most once, on a pool thread where it may block; disposed once, after that or when the ticket expired
/// unused. So whatever is expensive, or must be deleted again, is made in <see cref="WriteAsync"/>.
/// </summary>
public interface IDataSource : IAsyncDisposable
{
    /// <summary>Sends everything and returns. A <see cref="Grid.Abstractions.GridException"/> is sent to the peer with its code and message.</summary>
    Task WriteAsync(DataPortOutput output, CancellationToken cancellationToken);
}
